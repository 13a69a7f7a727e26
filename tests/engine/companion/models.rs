//! Data models that change beside the DAGs, and DAGs that go.

use super::{INGEST, RATES, desk, first, model};
use crate::desk::Desk;
use harness::fake_airflow::FakeDag;
use leeward_model::RecordState;
use serde_json::json;

#[tokio::test]
async fn a_new_version_of_the_model_takes_waiting_edits_along() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    let fields = json!({"value": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
        "source": {"type": "string"}, "lots": {"type": "integer", "default": 1}});
    let next = model(
        2,
        &fields,
        &json!({"changes": [{"version": 2, "rename": "rate", "to": "value"}]}),
    );
    desk.airflow(|airflow| airflow.offer(&next).unwrap());
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.stored("EUR").unwrap()["value"], json!("1.2"));
    assert_eq!(desk.field("EUR", "value"), Some(json!("1.2")));
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Clean);
}

#[tokio::test]
async fn its_collections_come_before_the_params_of_many_other_dags() {
    let desk = Desk::new(&[]);
    desk.airflow(|airflow| {
        airflow.offer(&first()).unwrap();
        airflow.publish();
        let before = airflow.dags[0].clone();
        airflow.dags.extend((0..50).map(|n| FakeDag {
            dag_id: format!("a_{n}"),
            params: json!({}),
            ..before.clone()
        }));
        airflow.dags.sort_by(|one, other| one.dag_id.cmp(&other.dag_id));
    });
    desk.sync().await;
    let views = desk.ledger(|ledger| ledger.collection_views());
    assert_eq!(views.first().map(|view| view.name.as_str()), Some(RATES));
}

#[tokio::test]
async fn a_dag_that_is_gone_stops_its_collection_and_keeps_its_work() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    let dags = desk.airflow(|airflow| {
        let dags = airflow.dags.clone();
        airflow.dags.retain(|dag| dag.dag_id != INGEST);
        dags
    });
    let _ = desk.engine.cycle().await;
    let _ = desk.engine.cycle().await;
    let view = desk.ledger(|ledger| ledger.collection_views()).remove(0);
    assert!(view.trouble.unwrap().contains("Airflow does not show that DAG"));
    assert!(view.stands_still);
    assert_eq!(desk.field("EUR", "rate"), Some(json!("1.2")));
    desk.airflow(|airflow| airflow.dags = dags);
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    desk.is_in_sync();
}

/// A version that cannot follow stops the collection; the file that was mended frees it, with what waited.
#[tokio::test]
async fn a_model_that_was_mended_is_followed() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    let fields = json!({"rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
        "lots": {"type": "integer", "default": 1}});
    let offered = |changes| {
        let next = model(2, &fields, &changes);
        desk.airflow(|airflow| airflow.offer(&next).unwrap());
        desk.publish();
    };
    offered(json!({}));
    for _ in 0..3 {
        let _ = desk.engine.cycle().await;
    }
    let trouble = || desk.ledger(|ledger| ledger.collection_views()).remove(0).trouble;
    assert!(trouble().unwrap().contains("source is gone"));
    offered(json!({"changes": [{"version": 2, "drop": "source"}]}));
    desk.sync().await;
    desk.sync().await;
    assert_eq!(trouble(), None);
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    desk.is_in_sync();
}

#[tokio::test]
async fn a_worker_with_an_older_model_does_not_cost_the_work() {
    let desk = desk().await;
    let older = desk.airflow(|airflow| airflow.companion.collections[RATES].clone());
    let fields = json!({"rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
        "source": {"type": "string"}, "lots": {"type": "integer", "default": 1}, "desk": {"type": "string"}});
    desk.airflow(|airflow| airflow.offer(&model(2, &fields, &json!({}))).unwrap());
    desk.publish();
    desk.sync().await;
    desk.sync().await;
    let put =
        |kept| desk.airflow(|airflow| airflow.companion.collections.insert(RATES.into(), kept).unwrap());
    let newer = put(older);
    desk.set("EUR", "rate", "1.2");
    desk.sync().await;
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Pending);
    put(newer);
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    desk.is_in_sync();
}

#[tokio::test]
async fn records_are_not_read_by_another_model_than_they_were_written_by() {
    let fields = json!({"rate": {"type": "string"}, "source": {"type": "string"}});
    let changes = json!({"changes": [{"version": 2, "rename": "rate", "to": "between"},
        {"version": 2, "rename": "source", "to": "rate"}, {"version": 2, "rename": "between", "to": "source"}]});
    let desk = Desk::new(&[]);
    let put = |code: &str, rate: &str, source: &str| {
        let row = json!({"code": code, "rate": rate, "source": source});
        desk.airflow(|airflow| airflow.companion.write(RATES, code, Some(row)));
        desk.publish();
    };
    desk.airflow(|airflow| {
        airflow.is_eager = true;
        airflow.offer(&model(1, &fields, &json!({}))).unwrap();
    });
    put("EUR", "1.1", "ecb");
    desk.sync().await;
    put("EUR", "1.2", "ecb");
    desk.airflow(|airflow| airflow.offer(&model(2, &fields, &changes)).unwrap());
    desk.publish();
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.field("EUR", "source"), Some(json!("1.2")));
    assert_eq!(desk.field("EUR", "rate"), Some(json!("ecb")));
    desk.is_in_sync();
}

#[tokio::test]
async fn a_model_that_changes_beside_a_batch_waits_for_its_outcome() {
    let fields = json!({"rate": {"type": "string"}, "source": {"type": "string"}});
    let changes = json!({"changes": [{"version": 2, "rename": "rate", "to": "between"},
        {"version": 2, "rename": "source", "to": "rate"}, {"version": 2, "rename": "between", "to": "source"}]});
    for is_applied in [false, true] {
        let desk = Desk::new(&[]);
        desk.airflow(|airflow| {
            airflow.is_eager = true;
            airflow.offer(&model(1, &fields, &json!({}))).unwrap();
            let row = json!({"code": "EUR", "rate": "1.1", "source": "ecb"});
            airflow.companion.write(RATES, "EUR", Some(row));
            airflow.publish();
        });
        desk.sync().await;
        desk.airflow(|airflow| airflow.is_eager = false);
        desk.set("EUR", "rate", "1.2");
        desk.look().await;
        desk.airflow(|airflow| {
            let row = json!({"code": "EUR", "rate": "1.1", "source": "treasury"});
            airflow.companion.write(RATES, "EUR", Some(row));
            if is_applied {
                airflow.tick();
                airflow.tick();
            }
            airflow.offer(&model(2, &fields, &changes)).unwrap();
            if is_applied {
                airflow.publish();
            }
            airflow.is_eager = true;
        });
        for _ in 0..3 {
            desk.sync().await;
        }
        let stored = desk.stored("EUR").unwrap();
        assert_eq!(
            (&stored["rate"], &stored["source"]),
            (&json!("treasury"), &json!("1.2"))
        );
        desk.publish();
        desk.sync().await;
        assert_eq!(desk.field("EUR", "source"), Some(json!("1.2")));
        desk.is_in_sync();
    }
}
