# SPDX-License-Identifier: MIT OR Apache-2.0
{
  description = "Blufio: an always-on personal AI agent that you own";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs = { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      each = f: lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system: f nixpkgs.legacyPackages.${system});
      own = pkgs: self.packages.${pkgs.stdenv.hostPlatform.system};
      appliance = pkgs: self.nixosConfigurations.${if pkgs.stdenv.hostPlatform.isAarch64 then "appliance-aarch64" else "appliance"}.config;
    in
    {
      packages = each (pkgs: rec {
        default = blufio;
        # Static, with musl: the same program on every Linux.
        blufio = pkgs.pkgsStatic.callPackage ./nixos-module/packages/blufio.nix { };
        simulator = pkgs.pkgsStatic.callPackage ./nixos-module/packages/simulator.nix { };
        options = pkgs.callPackage ./nixos-module/packages/options.nix { };
        # The appliance: a disk to write to a machine, and what updates are made of.
        image = (appliance pkgs).system.build.image;
        update = (appliance pkgs).system.build.update;
      });

      apps = each (pkgs: {
        default = {
          type = "app";
          program = "${pkgs.callPackage ./nixos-module/packages/trial.nix { inherit (own pkgs) blufio; }}";
          meta.description = "Shows Blufio at work, without an account and without the network";
        };
      });

      overlays.default = final: _: {
        blufio = final.pkgsStatic.callPackage ./nixos-module/packages/blufio.nix { };
      };

      nixosModules.default = { lib, pkgs, ... }: {
        imports = [ ./nixos-module ];
        services.blufio.package = lib.mkDefault (own pkgs).blufio;
      };

      nixosModules.appliance = { lib, pkgs, ... }: {
        imports = [ ./nixos-module/appliance ];
        services.blufio.package = lib.mkDefault (own pkgs).blufio;
      };

      nixosConfigurations = lib.mapAttrs
        (_: system: lib.nixosSystem { modules = [ self.nixosModules.appliance { nixpkgs.hostPlatform = system; } ]; })
        { appliance = "x86_64-linux"; appliance-aarch64 = "aarch64-linux"; };

      # The cases of the module and the tests on machines: whatever lies in the folders of tests/nix.
      checks = each (pkgs: import ./tests/nix { inherit self nixpkgs pkgs; });

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = [ pkgs.cargo pkgs.clippy pkgs.deadnix pkgs.nixpkgs-fmt pkgs.python3 pkgs.rustc pkgs.rustfmt ];
        };
      });

      formatter = each (pkgs: pkgs.nixpkgs-fmt);
    };
}
