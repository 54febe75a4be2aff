// SPDX-License-Identifier: MIT OR Apache-2.0
//! `GET /health` and `GET /metrics` on loopback.

use crate::house::{ADA, House};

#[tokio::test]
async fn health_says_how_the_daemon_stands() {
    let house = House::start().await;
    let health = house.health().await;
    assert_eq!(health.status, 200);
    assert!(health.head.to_lowercase().contains("content-type: application/json"), "{health:?}");
    let said = serde_json::json!({ "live": true, "ready": true, "sealed": false, "draining": false,
        "trial": false, "reason": "ok", "notices": [] });
    assert_eq!(health.json(), said);
    house.assert_clean();
}

#[tokio::test]
async fn metrics_tell_what_happened() {
    let house = House::start().await;
    house.ask(ADA, "Hello").await;
    house
        .eventually("the delivery is noted", || async {
            house.metrics().await.get("blufio_messages_sent_total", &[("channel", "telegram")]) == Some(1.0)
        })
        .await;
    let metrics = house.metrics().await;
    let model = house.sim.anthropic.requests()[0].body_json()["model"].as_str().unwrap().to_owned();
    let of_model = [("model", model.as_str())];
    assert_eq!(metrics.get("blufio_messages_received_total", &[("channel", "telegram")]), Some(1.0));
    assert_eq!(metrics.get("blufio_turns_total", &[("outcome", "answered")]), Some(1.0));
    assert_eq!(metrics.get("blufio_provider_calls_total", &[of_model[0], ("class", "ok")]), Some(1.0));
    assert_eq!(metrics.get("blufio_provider_call_duration_seconds_count", &of_model), Some(1.0));
    assert_eq!(metrics.get("blufio_queue_depth", &[]), Some(0.0));
    assert_eq!(metrics.get("blufio_ready", &[]), Some(1.0));
    assert_eq!(metrics.get("blufio_build_info", &[]), Some(1.0));
    assert!(metrics.get("blufio_heap_allocated_bytes", &[]).unwrap() > 100_000.0);
    assert!(metrics.get("blufio_resident_memory_bytes", &[]).unwrap() > 1_000_000.0);
    // What was counted and charged here is what the other side bills.
    let bill = house.sim.anthropic.bill();
    assert_eq!(
        metrics.get("blufio_tokens_total", &of_model).unwrap(),
        (bill.usage.prompt() + bill.usage.output) as f64
    );
    let cost = metrics.get("blufio_cost_usd_total", &of_model).unwrap();
    assert!((cost - bill.nano_usd as f64 / 1e9).abs() < 1e-9, "{cost} {bill:?}");
    house.assert_clean();
}

#[tokio::test]
async fn another_name_for_this_machine_is_refused() {
    let house = House::start().await;
    for path in ["/health", "/metrics"] {
        let refused = house.get(path, Some("evil.example:8787")).await;
        assert_eq!(refused.status, 421, "{refused:?}");
        assert!(!refused.body.contains("blufio_"), "{refused:?}");
        assert_eq!(house.get(path, Some("localhost")).await.status, 200);
    }
    assert_eq!(house.get("/", None).await.status, 404);
    assert_eq!(
        house.get("/v1/operator", None).await.status,
        404,
        "the operator's questions are not for the network"
    );
    house.assert_clean();
}

#[tokio::test]
async fn the_socket_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::start().await;
    let socket = house.database().with_file_name("blufio.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    house.assert_clean();
}
