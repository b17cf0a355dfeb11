"""source → release → tree: compiles, assembles, strips, finds the shared libraries, proves the tree.

Everything that compilers and linkers do happens in a box of the toolchain image (toolchain/), which is
passed in: see `workshop.py`.
"""
