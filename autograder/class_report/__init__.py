"""What a class did not understand, read from the gradebook and the stored reports.

``python -m autograder report week03_undercomplete`` writes one page and one CSV file of a week;
without a name it does so for every graded week, and a page over all of them. Nothing is kept
besides those files, and nothing is run: students' texts are read, masked, cut and escaped.
"""
