# SPDX-License-Identifier: MIT OR Apache-2.0
begin()
spent = machine.succeed("blufio --json cost")
offer("bad")
machine.succeed("blufio-update --install")

with subtest("it is tried, found wanting, and marked"):
    machine.shutdown()
    machine.start()
    machine.wait_until_succeeds("test -e /run/blufio-slot/trial")
    # A reboot ends the machine of the test: after ten minutes without a healthy agent.
    machine.wait_for_shutdown()

with subtest("the system from before is back, and knows everything"):
    is_back(spent)
    machine.succeed("test ! -e /run/blufio-slot/trial")
    assert [name for name in kernels() if name.startswith("blufio_2.0.0+0-")], kernels()
