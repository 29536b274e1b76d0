"""Take memory until no more can be had."""

blocks = []
for _ in range(200):
    blocks.append(b"x" * (64 * 2**20))
    if len(blocks) * 64 > 5000:
        print("VAULT-BROKEN: took five gigabytes")
        break
