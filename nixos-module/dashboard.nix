# SPDX-License-Identifier: MIT OR Apache-2.0
# The Grafana dashboard, made from what `/metrics` tells: rows of panels, each with its queries.
{ lib }:
let
  source = { type = "prometheus"; uid = "\${source}"; };

  # A query: what it is called in the legend, and what is asked.
  query = legend: expr: { inherit legend expr; };
  # The value below which a share of the observations of a histogram lies.
  quantile = share: histogram:
    query "${toString share} %" "histogram_quantile(${toString (share / 100.0)}, sum by (le) (rate(${histogram}_bucket[$__rate_interval])))";
  in_an_hour = label: metric: query "{{${label}}}" "sum by (${label}) (increase(${metric}[1h]))";

  stat = title: unit: queries: { type = "stat"; width = 4; height = 4; inherit title unit queries; };
  graph = title: unit: queries: { type = "timeseries"; width = 8; height = 8; inherit title unit queries; };

  rows = [
    {
      title = "How it stands";
      panels = [
        (stat "Ready" "bool_yes_no" [ (query "" "blufio_ready") ])
        (stat "Sealed" "bool_yes_no" [ (query "" "blufio_sealed") ])
        (stat "Messages that wait" "short" [ (query "" "blufio_queue_depth") ])
        (stat "The oldest of them" "s" [ (query "" "blufio_queue_oldest_age_seconds") ])
        (stat "Dead letters" "short" [ (query "" "blufio_dead_letters") ])
        (stat "Running for" "s" [ (query "" "time() - blufio_start_time_seconds") ])
      ];
    }
    {
      title = "Conversation";
      panels = [
        (graph "Messages in an hour" "short" [
          (query "received, {{channel}}" "sum by (channel) (increase(blufio_messages_received_total[1h]))")
          (query "sent, {{channel}}" "sum by (channel) (increase(blufio_messages_sent_total[1h]))")
        ])
        (graph "Turns in an hour" "short" [ (in_an_hour "outcome" "blufio_turns_total") ])
        (graph "How long a turn takes" "s" (map (share: quantile share "blufio_turn_duration_seconds") [ 50 95 ]))
        (graph "Queue and outbox" "short" [
          (query "queue" "blufio_queue_depth")
          (query "outbox" "blufio_outbox_depth")
        ])
        (graph "The oldest that waits" "s" [
          (query "queue" "blufio_queue_oldest_age_seconds")
          (query "outbox" "blufio_outbox_oldest_age_seconds")
        ])
        (graph "Failures in an hour" "short" [
          (query "delivery, {{class}}" "sum by (class) (increase(blufio_delivery_failures_total[1h]))")
          (query "receiving, {{class}}" "sum by (class) (increase(blufio_receive_failures_total[1h]))")
          (query "repeated by the channel" "sum(increase(blufio_messages_duplicate_total[1h]))")
        ])
      ];
    }
    {
      title = "Money";
      panels = [
        (graph "Share of each limit that is spent" "percentunit" [
          (query "{{limit}}" "blufio_budget_spent_usd / blufio_budget_limit_usd")
        ])
        (graph "Reserved for calls that run" "currencyUSD" [ (query "{{limit}}" "blufio_budget_reserved_usd") ])
        (graph "Calls refused in an hour" "short" [ (in_an_hour "limit" "blufio_budget_refusals_total") ])
        (graph "Cost in an hour, by model" "currencyUSD" [ (in_an_hour "model" "blufio_cost_usd_total") ])
        (graph "Cost in an hour, by feature" "currencyUSD" [ (in_an_hour "feature" "blufio_cost_usd_total") ])
        (graph "Tokens in an hour" "short" [ (in_an_hour "class" "blufio_tokens_total") ])
        (graph "Prompts from the provider's cache" "percentunit" [ (query "since the start" "blufio_prompt_cache_hit_ratio") ])
        (graph "Tokens of a prompt beside words and history" "short"
          (map (share: quantile share "blufio_prompt_overhead_tokens") [ 50 95 ]))
      ];
    }
    {
      title = "Models";
      panels = [
        (graph "Calls in an hour, by result" "short" [ (in_an_hour "class" "blufio_provider_calls_total") ])
        (graph "How long a call takes" "s"
          (map (share: quantile share "blufio_provider_call_duration_seconds") [ 50 95 ]))
        (graph "Routes in an hour" "short" [
          (query "{{route}}" "sum by (route) (increase(blufio_routes_total{downgraded=\"false\"}[1h]))")
          (query "{{route}}, weakened by the budget" "sum by (route) (increase(blufio_routes_total{downgraded=\"true\"}[1h]))")
        ])
        (graph "Models that could not be used" "short" [ (in_an_hour "class" "blufio_fallbacks_total") ])
        (graph "What deciding a route takes" "s" (map (share: quantile share "blufio_route_decision_seconds") [ 50 99 ]))
      ];
    }
    {
      title = "Unasked";
      panels = [
        (graph "Looks in an hour" "short" [ (in_an_hour "outcome" "blufio_heartbeats_total") ])
        (graph "Reminders" "short" [
          (query "told in an hour" "increase(blufio_reminders_total[1h])")
          (query "open, with tasks" "blufio_open_jobs")
        ])
        (graph "How late reminders are" "s" [ (quantile 95 "blufio_reminder_delay_seconds") ])
        (graph "Summaries in an hour" "short" [ (in_an_hour "outcome" "blufio_compactions_total") ])
      ];
    }
    {
      title = "Memory";
      panels = [
        (graph "What can be found" "short" [
          (query "memories" "blufio_memories")
          (query "parts of messages" "blufio_passages")
        ])
        (graph "Shown to a model in an hour" "short" [ (query "memories and past words" "increase(blufio_recalled_items_total[1h])") ])
        (graph "How long looking takes" "s" (map (share: quantile share "blufio_recall_seconds") [ 50 95 ]))
        (graph "Conversations looked through in an hour" "short" [ (in_an_hour "outcome" "blufio_extractions_total") ])
        (graph "Learned in an hour" "short" [ (query "memories" "increase(blufio_memories_learned_total[1h])") ])
      ];
    }
    {
      title = "Machine";
      panels = [
        (graph "Memory" "bytes" [
          (query "resident" "blufio_resident_memory_bytes")
          (query "heap" "blufio_heap_allocated_bytes")
        ])
        (graph "State file" "bytes" [
          (query "file" "blufio_state_file_bytes")
          (query "write-ahead log" "blufio_state_wal_bytes")
        ])
        (graph "Age of the newest backup" "s" [ (query "beside the state" "blufio_backup_age_seconds") ])
        (graph "Backups in an hour" "short" [ (in_an_hour "outcome" "blufio_backups_total") ])
        (graph "What is kept" "short" [
          (query "sessions" "blufio_sessions")
          (query "messages" "blufio_transcript_messages")
        ])
      ];
    }
  ];

  target = at: { legend, expr }: {
    refId = lib.elemAt [ "A" "B" "C" "D" ] at;
    datasource = source;
    legendFormat = legend;
    inherit expr;
  };
  panel = x: y: given: {
    inherit (given) title type;
    datasource = source;
    gridPos = { inherit x y; w = given.width; h = given.height; };
    fieldConfig = { defaults = { inherit (given) unit; min = 0; }; overrides = [ ]; };
    targets = lib.imap0 target given.queries;
  };

  # Puts panels side by side, and a line below where the width of 24 is used up.
  place = { x, y, height, panels }: given:
    let
      wraps = x + given.width > 24;
      at = if wraps then { x = 0; y = y + height; } else { inherit x y; };
    in
    { x = at.x + given.width; inherit (at) y; inherit (given) height; panels = panels ++ [ (panel at.x at.y given) ]; };
  add = { y, panels }: row:
    let
      head = { type = "row"; inherit (row) title; collapsed = false; panels = [ ]; gridPos = { x = 0; inherit y; w = 24; h = 1; }; };
      placed = lib.foldl' place { x = 0; y = y + 1; height = 0; panels = [ head ]; } row.panels;
    in
    { y = placed.y + placed.height; panels = panels ++ placed.panels; };

  laid = (lib.foldl' add { y = 0; panels = [ ]; } rows).panels;
in
{
  uid = "blufio";
  title = "Blufio";
  tags = [ "blufio" ];
  schemaVersion = 39;
  time = { from = "now-24h"; to = "now"; };
  refresh = "30s";
  timezone = "browser";
  templating.list = [
    {
      name = "source";
      label = "Prometheus";
      type = "datasource";
      query = "prometheus";
    }
  ];
  panels = lib.imap1 (id: given: given // { inherit id; }) laid;
}
