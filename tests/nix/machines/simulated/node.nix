# SPDX-License-Identifier: MIT OR Apache-2.0
# A machine with the service and, beside it, stand-ins for the two APIs. Its secrets lie where sops-nix and agenix put
# theirs: in files below /run that root can read.
{ self, stand_ins ? true }:
let
  secret = value: { f = { user = "root"; mode = "0400"; argument = value; }; };
in
{
  imports = [ self.nixosModules.default ] ++ (if stand_ins then [ (import ./simulator.nix { inherit self; }) ] else [ ]);

  services.blufio = {
    enable = true;
    credentials = {
      anthropic-api-key.file = "/run/secrets/anthropic-api-key";
      telegram-bot-token.file = "/run/secrets/telegram-bot-token";
    };
    settings = {
      agent.time_zone = "UTC";
      anthropic.base_url = "http://127.0.0.1:9101";
      telegram = { base_url = "http://127.0.0.1:9102"; allowed_users = [ 1815 ]; };
      net.allow_loopback_http = true;
    };
  };

  systemd.tmpfiles.settings.secrets = {
    "/run/secrets/anthropic-api-key" = secret "sk-ant-the-key-of-the-tests";
    "/run/secrets/telegram-bot-token" = secret "7000000001:AAsimulated-bot-token-not-a-secret-";
  };
}
