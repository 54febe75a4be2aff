# SPDX-License-Identifier: MIT OR Apache-2.0
# A conversation over Telegram, and nothing lost over a restart.
{ self }:
{
  name = "blufio-conversation";
  nodes.machine = import ./simulated/node.nix { inherit self; };
  testScript = builtins.readFile ./simulated/world.py + ''
    meet()
    machine.wait_for_unit("blufio.service")

    with subtest("a message is answered"):
        say("Good morning")
        assert "Good morning" in answer(1), answer(1)

    with subtest("what comes while it is away is answered afterwards"):
        machine.systemctl("stop blufio.service")
        say("Are you there?")
        machine.systemctl("start blufio.service")
        assert "Are you there?" in answer(2), answer(2)

    with subtest("what it cost is in the ledger"):
        assert "total" in machine.succeed("blufio cost").lower()
        assert simulator("GET", "rejections") == []
  '';
}
