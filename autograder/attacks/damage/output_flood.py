"""Print a hundred megabytes, as lines, as one line, and as results."""

for _ in range(100):
    print("x" * 1_000_000)
for i in range(20_000):
    print(i)
for _ in range(100):
    display("y" * 1_000_000)
