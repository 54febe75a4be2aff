# SPDX-License-Identifier: MIT OR Apache-2.0
# Put before the scripts of tests on the appliance: its disk, as large as one that somebody would rent.
import os
import subprocess
import tempfile


def disk(qemu_img: str, image: str) -> tempfile.TemporaryDirectory:
    """An image as the disk of the next machine that starts; it is kept as long as what is returned."""
    folder = tempfile.TemporaryDirectory()
    path = f"{folder.name}/disk.qcow2"
    subprocess.run([qemu_img, "create", "-q", "-f", "qcow2", "-b", image, "-F", "raw", path, "8G"], check=True)
    os.environ["NIX_DISK_IMAGE"] = path
    return folder
