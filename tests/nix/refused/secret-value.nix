# SPDX-License-Identifier: MIT OR Apache-2.0
# A value that has the shape of a key.
{
  module.services.blufio = {
    enable = true;
    settings.agent.persona = "You are kind. My key is sk-ant-api03-not-a-real-one.";
  };
  refused = "services.blufio.settings.agent.persona looks like a secret.";
}
