# SPDX-License-Identifier: MIT OR Apache-2.0
# Without its passphrase the service waits, loses nothing, and goes on when the vault is opened: by hand, and at the
# next start by what was kept with the key of the machine.
{ self }:
{
  name = "blufio-sealed";
  nodes.machine = { lib, ... }: {
    imports = [ (import ./simulated/node.nix { inherit self; }) ];
    services.blufio.credentials = lib.mkForce { };
    services.blufio.vault.unseal = "host-key";
  };
  testScript = builtins.readFile ./simulated/world.py + ''
    PASSPHRASE = "correct horse battery staple"
    GIVEN = f"printf %s {shlex.quote(PASSPHRASE)} |"
    meet()
    machine.wait_until_succeeds("test -S /run/blufio/blufio.sock")

    with subtest("secrets go into the vault"):
        machine.succeed(f"{GIVEN} blufio vault init --passphrase-fd 0")
        machine.succeed("cat /run/secrets/anthropic-api-key | blufio vault set anthropic-api-key")
        machine.succeed("cat /run/secrets/telegram-bot-token | blufio vault set telegram-bot-token")
        machine.wait_for_unit("blufio.service")
        say("Good morning")
        assert "Good morning" in answer(1), answer(1)

    with subtest("it starts sealed, and waits"):
        machine.succeed("systemctl restart --no-block blufio.service")
        machine.wait_until_succeeds("curl --silent http://127.0.0.1:8787/health | grep '\"sealed\":true'")
        say("Are you there?")
        machine.succeed("test \"$(systemctl show --property=ActiveState --value blufio.service)\" = activating")

    with subtest("opened by hand, it goes on"):
        machine.succeed(f"{GIVEN} blufio vault unseal --passphrase-fd 0")
        machine.wait_for_unit("blufio.service")
        assert "Are you there?" in answer(2), answer(2)

    with subtest("kept with the key of the machine, it opens by itself"):
        machine.succeed(f"{GIVEN} blufio-keep-passphrase host")
        machine.succeed("timeout 60 systemctl restart blufio.service")
        assert not health()["sealed"], health()
        nowhere(PASSPHRASE)
        machine.fail(f"grep --fixed-strings --quiet {shlex.quote(PASSPHRASE)} /etc/credstore.encrypted/*")
  '';
}
