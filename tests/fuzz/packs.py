#!/usr/bin/python3
"""Packs of inputs, as tests/support/corpus.h describes them.

    tests/fuzz/packs.py pack FOLDER PACK      writes what is in the folder, by name
    tests/fuzz/packs.py unpack PACK FOLDER    makes the folder anew; without a pack, an empty one
"""
import os
import shutil
import sys


def read(path):
    """The inputs of a pack, by name."""
    inputs = {}
    with open(path, "rb") as f:
        word, count = f.readline().split()
        for _ in range(int(count)):
            name, _, length = f.readline().rpartition(b" ")
            inputs[name.decode()] = f.read(int(length))
            if f.read(1) != b"\n":
                raise ValueError(f"{path} is torn")
        if word != b"inputs" or len(inputs) != int(count) or f.read(1):
            raise ValueError(f"{path} is torn")
    return inputs


def write(path, inputs):
    with open(path + ".new", "wb") as f:
        f.write(b"inputs %d\n" % len(inputs))
        for name, octets in sorted(inputs.items()):
            f.write(b"%s %d\n%s\n" % (name.encode(), len(octets), octets))
    os.rename(path + ".new", path)


def pack(folder, path):
    inputs = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            inputs[name] = f.read()
    write(path, inputs)


def unpack(path, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name, octets in (read(path) if os.path.exists(path) else {}).items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(octets)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("pack", "unpack"):
        sys.exit(__doc__)
    (pack if sys.argv[1] == "pack" else unpack)(*sys.argv[2:])
