# SPDX-License-Identifier: MIT OR Apache-2.0
# The appliance, with a key for its updates. The whole system is evaluated.
{
  whole = true;
  appliance = true;
  module.services.blufio.update = { keyring = ./appliance.nix; automatic = true; hours = "1-4"; };
  holds = config:
    let
      inherit (config.image.repart) partitions;
      inherit (config.boot) kernelParams;
      text = name: config.systemd.units.${name}.text;
      says = words: text: builtins.length (builtins.split words text) > 1;
      transfer = config.services.blufio.appliance.transfers."10-root";
    in
    {
      "nothing below /etc can be changed" = !config.system.etc.overlay.mutable;
      "nothing can be installed" = !config.nix.enable && config.environment.defaultPackages == [ ];
      "nobody logs in with a password" = !config.systemd.services."getty@".enable && config.users.users.root.hashedPassword == "*";
      "nothing listens without a key that was handed over" = !config.services.openssh.enable
        && says "ConditionPathExists=/var/config/ssh/authorized_keys" (text "blufio-ssh.service");
      "the console is no shell" = builtins.elem "blufio-console@tty1.service" config.systemd.targets.multi-user.wants;
      "what it is handed over is taken before the agent begins" = config.systemd.units."blufio-provision.service".wantedBy == [ "multi-user.target" ];
      "the agent is on trial after an update" = says "serve --trial /run/blufio-slot/trial" (text "blufio.service")
        && says "backup restore --before-update" (text "blufio.service");
      # By its name alone systemd does not find it here.
      "every program has its path" = builtins.all (name: !says "\nExec[A-Za-z]+=[-+!:@|]*[a-z]" (text name))
        (builtins.filter (name: builtins.substring 0 6 name == "blufio") (builtins.attrNames config.systemd.units));
      "no program lets one user become another" = !config.security.enableWrappers;
      "the root is memory" = config.fileSystems."/".fsType == "tmpfs";
      "the kernel says what it does where somebody looks" = builtins.elem "console=tty0" kernelParams;
      "the root of the other build is not looked for" = !builtins.elem "rootfstype=erofs" kernelParams;
      "the slots hold what is mounted as /usr" = partitions."20-root-a".repartConfig.Verity == "data"
        && builtins.match "usr_[0-9.]+" partitions."20-root-a".repartConfig.Label != null;
      "slot B and the data are made on the machine" = builtins.attrNames partitions == [ "05-bios" "10-esp" "20-root-a" "21-verity-a" ];
      "a start that fails is tried again" = says "\nExecStart=\n.*--force reboot" (text "emergency.service")
        && says "\nExecStart=\n.*--force reboot" config.boot.initrd.systemd.units."emergency.service".text;
      "the data is there before the system" = config.boot.initrd.systemd.units."blufio-data.service".requiredBy == [ "initrd-fs.target" ];
      "the kernels of both slots are there when they are looked at" = config.systemd.units."efi.automount".wantedBy == [ "local-fs.target" ];
      "the configuration is the operator's" = config.environment.etc."blufio".source == "/var/config/blufio";
      "updates are verified, and its own" = transfer.Transfer.Verify == "yes"
        && builtins.match "blufio-nixos-(x86_64|aarch64)_@v_@u[.]usr[.]raw[.]xz" transfer.Source.MatchPattern != null
        && transfer.Target.MatchPattern == "usr_@v" && transfer.Target.MatchPartitionType == "usr";
      "a system is marked as good by the script of both images" = !config.systemd.units."systemd-bless-boot.service".enable
        && config.systemd.units."blufio-slot-good.service".wantedBy == [ "multi-user.target" ];
      "updates are taken by themselves" = config.systemd.units."blufio-update.timer".wantedBy == [ "timers.target" ]
        && builtins.elem "f+ /var/config/blufio/update 0644 root root - 1-4" config.systemd.tmpfiles.rules;
      "nobody is warned" = config.warnings == [ ];
    };
}
