# SPDX-License-Identifier: MIT OR Apache-2.0
begin()

with subtest("what was not signed is refused"):
    offer("good")
    server.succeed("echo >> /srv/releases/good/SHA256SUMS")
    machine.fail("blufio-update --install")
    assert kernels() == ["blufio_1.0.0.efi"], kernels()

with subtest("so is what is not what was signed"):
    offer("good")
    server.succeed("for file in /srv/releases/good/*.usr.raw.xz; do echo >> $file; done")
    machine.fail("blufio-update --install")
    assert kernels() == ["blufio_1.0.0.efi"], kernels()

with subtest("a power cut while it is written leaves what runs"):
    offer("good")
    machine.succeed("systemd-run --unit=update blufio-update --install")
    machine.succeed(
        "until grep --quiet --no-messages 'usr[.]raw' /proc/[0-9]*/cmdline; do systemctl --quiet is-active update || exit 1; done"
    )
    machine.crash()
    machine.start()
    meet()
    runs("1.0.0")
    assert kernels() == ["blufio_1.0.0.efi"], kernels()

with subtest("an update is installed beside what runs, with three tries"):
    offer("good")
    machine.succeed("blufio-update --install")
    assert kernels() == ["blufio_1.0.0.efi", "blufio_2.0.0+3-0.efi"], kernels()
    runs("1.0.0")

with subtest("it is on trial until its agent is healthy, and stays"):
    machine.shutdown()
    machine.start()
    meet()
    runs("2.0.0")
    machine.wait_until_succeeds("test ! -e /run/blufio-slot/trial && systemctl is-active boot-complete.target")
    machine.wait_until_succeeds("test -e /efi/EFI/Linux/blufio_2.0.0.efi")
    say("Are you there?")
    assert "Are you there?" in answer(1), answer(1)

with subtest("the operator goes back, and forward again"):
    spent = machine.succeed("blufio --json cost")
    for here, there in [("2.0.0", "1.0.0"), ("1.0.0", "2.0.0")]:
        assert f"version {here} runs" in machine.succeed("blufio-rollback")
        # A reboot ends the machine of the test, and whoever waits for an answer from it.
        machine.succeed("systemd-run --on-active=1s blufio-rollback --now")
        machine.wait_for_shutdown()
        machine.start()
        meet()
        runs(there)
        machine.wait_until_succeeds("test ! -e /run/blufio-slot/trial && systemctl is-active boot-complete.target")
        assert machine.succeed("blufio --json cost") == spent
