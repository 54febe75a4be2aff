# SPDX-License-Identifier: MIT OR Apache-2.0
# Secrets come as credentials, and are nowhere else; a passphrase that is handed over opens the vault at every boot.
{ self }:
{
  name = "blufio-credentials";
  nodes.machine = {
    imports = [ (import ./simulated/node.nix { inherit self; }) ];
    services.blufio.credentials.vault-passphrase.file = "/run/secrets/vault-passphrase";
    systemd.tmpfiles.settings.secrets."/run/secrets/vault-passphrase".f = {
      user = "root";
      mode = "0400";
      argument = "correct-horse-battery-staple";
    };
  };
  testScript = builtins.readFile ./simulated/world.py + ''
    SECRETS.append("correct-horse-battery-staple")
    meet()
    machine.wait_for_unit("blufio.service")

    with subtest("they work"):
        say("Good morning")
        assert "Good morning" in answer(1), answer(1)

    with subtest("they are nowhere else"):
        for secret in SECRETS:
            nowhere(secret)

    with subtest("others cannot read them"):
        machine.fail("runuser --user nobody -- cat /run/credentials/blufio.service/anthropic-api-key")

    with subtest("the vault is made with the passphrase, and is open after the next boot"):
        machine.succeed("blufio vault init --passphrase-fd 3 3</run/secrets/vault-passphrase")
        machine.shutdown()
        machine.start()
        meet()
        machine.wait_for_unit("blufio.service")
        assert not health()["sealed"], health()
        nowhere(SECRETS[-1])
  '';
}
