# SPDX-License-Identifier: MIT OR Apache-2.0
# Where an appliance gets its updates: a folder for each release, with its list signed by a key of the tests.
{ pkgs, lib }:
let
  key = pkgs.runCommand "key-of-the-tests" { nativeBuildInputs = [ pkgs.gnupg ]; } ''
    export GNUPGHOME=$out
    mkdir -m 700 $out
    gpg --batch --passphrase "" --quick-generate-key "Blufio tests" ed25519 sign never
    gpgconf --kill all
    gpg --export > $out/public.gpg
    gpgconf --kill all
    rm -f $out/S.*
  '';
  signed = update: pkgs.runCommand "release-of-the-tests" { nativeBuildInputs = [ pkgs.gnupg ]; } ''
    mkdir $out
    cp ${update}/* $out/
    cp --recursive ${key} gnupg
    chmod --recursive u=rwX,go= gnupg
    GNUPGHOME=$PWD/gnupg gpg --batch --detach-sign --output $out/SHA256SUMS.gpg $out/SHA256SUMS
  '';
in
{
  keyring = "${key}/public.gpg";

  # A machine with releases in /etc/releases, by their names, that gives out what lies in /srv/releases.
  server = releases: {
    environment.etc.releases.source = pkgs.linkFarm "releases" (lib.mapAttrs (_: signed) releases);
    networking.firewall.enable = false;
    services.nginx = { enable = true; virtualHosts.server.root = "/srv/releases"; };
    systemd.tmpfiles.rules = [ "d /srv/releases 0755 root root -" ];
  };
}
