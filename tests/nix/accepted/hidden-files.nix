# SPDX-License-Identifier: MIT OR Apache-2.0
# Files that the service cannot see are warned about.
{
  module.services.blufio = {
    enable = true;
    settings = {
      agent.persona_files = [ "/srv/persona.md" ];
      heartbeat.watch = [ "/home/ada/tasks.md" "https://example.org/home/news" ];
    };
  };
  holds = config: {
    "one is named" = map (text: builtins.match ".*names /home/ada/tasks.md, which.*" (builtins.replaceStrings [ "\n" ] [ " " ] text) != null)
      (builtins.filter (text: builtins.match ".*services.blufio.*" (builtins.replaceStrings [ "\n" ] [ " " ] text) != null) config.warnings) == [ true ];
  };
}
