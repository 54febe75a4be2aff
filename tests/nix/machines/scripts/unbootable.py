# SPDX-License-Identifier: MIT OR Apache-2.0
begin()
spent = machine.succeed("blufio --json cost")
offer("good")
machine.succeed("blufio-update --install")
slot = begins("usr_2.0.0")
machine.shutdown()
spoil(slot, 1 << 20)

with subtest("it is tried three times"):
    for _ in range(3):
        machine.start()
        # Each start fails and is tried again; a reboot ends the machine of the test.
        machine.wait_for_shutdown()

with subtest("the system from before is back"):
    is_back(spent)
    assert kernels() == ["blufio_1.0.0.efi", "blufio_2.0.0+0-3.efi"], kernels()
