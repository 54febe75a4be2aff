# SPDX-License-Identifier: MIT OR Apache-2.0
# A scenario of tests/vm, on a machine of NixOS with the stand-ins on another one beside it. What one scenario alone needs of
# the machine lies in a file of its name.
{ self, name }:
let
  own = ./. + "/${name}.nix";
in
{
  name = "blufio-scenario-${name}";
  nodes = {
    machine = { config, lib, pkgs, ... }:
      let each = f: lib.listToAttrs (map (port: lib.nameValuePair "forward-${port}" (f port)) [ "9101" "9102" ]); in {
        imports = [ (import ../machines/simulated/node.nix { inherit self; stand_ins = false; }) ]
          ++ lib.optional (builtins.pathExists own) own;
        # For what scenarios put onto the machine.
        environment.systemPackages = [ pkgs.python3 ];
        services.blufio.settings.telegram.allowed_users = lib.mkForce [ 42 ];
        # The daemon speaks plain HTTP to nobody but its own machine.
        systemd.sockets = each (port: {
          wantedBy = [ "sockets.target" ];
          listenStreams = [ "127.0.0.1:${port}" ];
        });
        systemd.services = each (port: {
          serviceConfig.ExecStart = "${config.systemd.package}/lib/systemd/systemd-socket-proxyd beside:${port}";
        });
      };
    beside = {
      imports = [ (import ../machines/simulated/simulator.nix { inherit self; address = "0.0.0.0"; }) ];
      networking.firewall.enable = false;
    };
  };
  testScript = ''
    import sys

    sys.path[:0] = ["${../../vm}", "${./.}"]
    import nixos  # type: ignore

    nixos.run("${name}", machine, beside)
  '';
}
