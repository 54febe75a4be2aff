# SPDX-License-Identifier: MIT OR Apache-2.0
# With a TPM the data are encrypted, the passphrase of the vault is kept by it over a reboot, and with another one nothing
# is opened.
{ self }:
{
  name = "blufio-tpm";
  nodes.machine = { pkgs, ... }: {
    imports = [ (import ./simulated/appliance.nix { inherit self; }) ];
    virtualisation.tpm.enable = true;
    # One that measures what it starts.
    virtualisation.efi.OVMF = (pkgs.OVMF.override { tpmSupport = true; }).fd;
  };
  testScript = import ./scripts [ "world" "disk" ] "tpm";
}
