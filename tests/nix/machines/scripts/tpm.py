# SPDX-License-Identifier: MIT OR Apache-2.0
import shutil

PASSPHRASE = "correct horse battery staple"
GIVEN = f"printf %s {shlex.quote(PASSPHRASE)} |"
disk()
meet()
machine.wait_for_unit("blufio.service")

with subtest("the data are encrypted"):
    machine.succeed("findmnt --kernel --mountpoint /var --source /dev/mapper/blufio-data")
    found = machine.succeed("blkid --probe --match-tag TYPE --output value /dev/disk/by-partlabel/blufio-data")
    assert found.strip() == "crypto_LUKS", found

with subtest("the vault is opened by what the TPM has kept"):
    machine.succeed(f"{GIVEN} blufio vault init --passphrase-fd 0")
    machine.succeed(f"{GIVEN} blufio-keep-passphrase tpm2")
    who = machine.succeed("cat /etc/machine-id")
    machine.shutdown()
    machine.start()
    meet()
    machine.wait_for_unit("blufio.service")
    assert machine.succeed("cat /etc/machine-id") == who
    assert not health()["sealed"], health()
    nowhere(PASSPHRASE)
    machine.fail(f"grep --fixed-strings --quiet {shlex.quote(PASSPHRASE)} /etc/credstore.encrypted/*")

with subtest("somebody takes the disk to another machine"):
    machine.shutdown()
    for folder in machine.state_dir.glob("*-swtpm"):
        shutil.rmtree(folder)
    machine.start()
    # It tries again, and a reboot ends the machine of the test.
    machine.wait_for_shutdown()
