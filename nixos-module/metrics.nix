# SPDX-License-Identifier: MIT OR Apache-2.0
# Metrics, for a Prometheus and a Grafana on the same machine.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.blufio;
  metrics = cfg.metrics;
  dashboards = pkgs.writeTextDir "blufio.json" (builtins.toJSON (import ./dashboard.nix { inherit lib; }));
in
{
  options.services.blufio.metrics = {
    scrape = lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = "Whether the Prometheus of this machine (`services.prometheus`) scrapes Blufio, as job `blufio`.";
    };
    interval = lib.mkOption {
      type = lib.types.strMatching "[1-9][0-9]*(s|m)";
      default = "30s";
      example = "15s";
      description = "How often it does.";
    };
    dashboard = lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = "Whether the Grafana of this machine (`services.grafana`) shows a dashboard of Blufio.";
    };
  };

  config = lib.mkIf cfg.enable (lib.mkMerge [
    (lib.mkIf metrics.scrape {
      assertions = [
        {
          assertion = config.services.prometheus.enable;
          message = ''
            services.blufio.metrics.scrape is set, and there is no Prometheus on this machine to do it. Set
            services.prometheus.enable, or scrape through a tunnel from where Prometheus runs.
          '';
        }
        {
          assertion = !lib.hasSuffix ":0" cfg.settings.gateway.listen;
          message = ''
            services.blufio.metrics.scrape is set, and services.blufio.settings.gateway.listen takes any free port, which
            nobody can know beforehand. Write a port there, such as "127.0.0.1:8787".
          '';
        }
      ];
      services.prometheus.scrapeConfigs = [
        {
          job_name = "blufio";
          scrape_interval = metrics.interval;
          static_configs = [{ targets = [ cfg.settings.gateway.listen ]; }];
        }
      ];
    })
    (lib.mkIf (metrics.scrape && metrics.dashboard) {
      # Where the dashboard finds what it shows. Under a name of its own: there may be others.
      services.grafana.provision.datasources.settings.datasources = [
        { name = "Blufio"; type = "prometheus"; url = "http://127.0.0.1:${toString config.services.prometheus.port}"; }
      ];
    })
    (lib.mkIf metrics.dashboard {
      assertions = [
        {
          assertion = config.services.grafana.enable;
          message = ''
            services.blufio.metrics.dashboard is set, and there is no Grafana on this machine to show it. Set
            services.grafana.enable, or import the dashboard where Grafana runs.
          '';
        }
      ];
      services.grafana.provision = {
        enable = true;
        dashboards.settings.providers = [
          {
            name = "Blufio";
            options.path = dashboards;
          }
        ];
      };
    })
  ]);
}
