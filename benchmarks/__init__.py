"""What Tribune costs, as ratios within one run: `make bench`.

Every figure stands beside something measured in the same minute on the same cores (one Argon2id, a bare
HTTP stack, the same SQL by the bare driver), because absolute times of a shared machine mean little.
"""
