"""Fill the test cells' outputs beforehand with a report of full marks."""

from nbformat.v4 import new_output


def submission(nb, folder):
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            report = {
                "exercise": "x",
                "criteria": [
                    {"name": "all", "points": 2.0, "earned": 2.0, "message": "", "mistake": ""}
                ],
            }
            data = {"text/plain": "2.0", "application/vnd.autograder.report+json": report}
            cell.outputs = [new_output("execute_result", data=data, execution_count=1)]
            cell.execution_count = 1
