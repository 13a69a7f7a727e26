//! What the client makes of servers that are no Airflow: small ones on loopback, over the real network.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use leeward_airflow::{
    Airflow, AirflowError, ApiVersion, BaseUrl, ErrorKind, HttpTransport, NotSentReason, Retry, Variable, v2,
};
use serde_json::json;

use crate::subject::password;

/// An answer by the request's first line; an empty one closes without a word.
type Script = fn(&str) -> String;

/// Serves until the process ends; gives the address.
fn serve(script: Script) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, script));
        }
    });
    address
}

fn answer(mut stream: TcpStream, script: Script) {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut chunk) {
            Ok(count) if count > 0 => request.extend_from_slice(&chunk[..count]),
            _ => break,
        }
    }
    let text = String::from_utf8_lossy(&request);
    let _ = stream.write_all(script(text.lines().next().unwrap_or_default()).as_bytes());
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.and_then(|l| l.trim().parse().ok()).unwrap_or(0)
}

fn http(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn client(address: &str) -> Arc<dyn Airflow> {
    let transport = HttpTransport::with_timeout(None, Duration::from_secs(2)).expect("a transport");
    let base = BaseUrl::parse(address).expect("an address");
    Arc::new(v2::Client::new(
        Arc::new(transport),
        base,
        password("ann", "hunter2"),
    ))
}

/// Signs in as an Airflow does, then `rest`.
fn after_sign_in(line: &str, rest: &str) -> String {
    if line.starts_with("POST /auth/token") {
        http("201 Created", "application/json", r#"{"access_token":"t"}"#)
    } else {
        rest.to_owned()
    }
}

fn kind(error: &AirflowError) -> &ErrorKind {
    println!("{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    error.kind()
}

fn sample() -> Variable {
    Variable {
        key: "k".into(),
        value: "hunter2".into(),
        description: None,
        is_encrypted: false,
    }
}

#[tokio::test]
async fn a_web_page_is_not_an_airflow() {
    let address = serve(|_| http("200 OK", "text/html", "<!doctype html><title>Sign in</title>"));
    let error = client(&address).probe().await.expect_err("a page");
    assert!(matches!(kind(&error), ErrorKind::NotAirflow { found, .. } if found.contains("web page")));
    let error = client(&address).list_variables().await.expect_err("a page");
    assert!(matches!(kind(&error), ErrorKind::NotAirflow { .. }), "{error:?}");
}

#[tokio::test]
async fn another_json_service_is_not_an_airflow() {
    let address = serve(|_| http("200 OK", "application/json", r#"{"version":"otherthing"}"#));
    let error = client(&address).probe().await.expect_err("another service");
    assert!(matches!(kind(&error), ErrorKind::NotAirflow { .. }));
}

/// A proxy that caches without the query, say: the same page comes for every offset.
#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let address = serve(|line| {
        let rows = r#"{"key":"a","value":"1"},{"key":"b","value":"2"}"#;
        let page = format!(r#"{{"variables":[{rows}],"total_entries":18446744073709551615}}"#);
        after_sign_in(line, &http("200 OK", "application/json", &page))
    });
    let scanned = tokio::time::timeout(crate::PATIENCE, client(&address).list_variables()).await;
    let error = scanned.expect("an end").expect_err("not a list");
    assert!(matches!(kind(&error), ErrorKind::ScanShifted), "{error:?}");
}

/// Always one row more than was given so far, and never one that was asked for.
#[tokio::test]
async fn a_search_without_end_is_given_up() {
    let address = serve(|line| {
        let offset = line.split("offset=").nth(1).unwrap_or_default();
        let offset: usize = offset
            .split('&')
            .next()
            .unwrap_or_default()
            .parse()
            .unwrap_or_default();
        let page = format!(
            r#"{{"variables":[{{"key":"other{offset}","value":"1"}}],"total_entries":{}}}"#,
            offset + 2
        );
        let spec = r#"{"paths":{"/api/v2/variables":{"get":{"parameters":[{"name":"variable_key_prefix_pattern"}]}}}}"#;
        let body = if line.contains("openapi.json") {
            spec
        } else {
            &page
        };
        after_sign_in(line, &http("200 OK", "application/json", body))
    });
    let client = client(&address);
    let searched = tokio::time::timeout(crate::PATIENCE, client.find_variables(&["a", "b", "c"], None)).await;
    assert!(searched.expect("an end").expect("a list").is_empty());
    // Signing in, the description, and a page a key.
    assert_eq!(client.requests_sent(), 5);
}

#[tokio::test]
async fn an_airflow_2_is_recognised() {
    let address = serve(|line| match line {
        l if l.contains("/api/v1/version") => http("200 OK", "application/json", r#"{"version":"2.11.2"}"#),
        _ => http("404 NOT FOUND", "text/html", "<html>lost</html>"),
    });
    let info = client(&address).probe().await.expect("an Airflow 2");
    assert_eq!((info.api, info.version.as_str()), (ApiVersion::V1, "2.11.2"));
}

#[tokio::test]
async fn a_page_inside_airflow_leads_to_its_address() {
    let address = serve(|line| match line {
        l if l.starts_with("GET /api/v2/version") => {
            http("200 OK", "application/json", r#"{"version":"3.3.2"}"#)
        }
        _ => http("200 OK", "text/html", "<!doctype html>"),
    });
    let error = client(&format!("{address}/dags/x"))
        .probe()
        .await
        .expect_err("a page");
    assert!(matches!(kind(&error), ErrorKind::NotAirflow { instead: Some(there), .. } if *there == address));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let address = serve(|_| {
        "HTTP/1.1 302 Found\r\nLocation: https://login.example.com/x?y=z\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .to_owned()
    });
    for error in [
        client(&address).probe().await.expect_err("a redirect"),
        client(&address).sign_in().await.expect_err("a redirect"),
    ] {
        assert!(
            matches!(kind(&error), ErrorKind::Redirected { to_host } if to_host == "https://login.example.com")
        );
    }
}

#[tokio::test]
async fn nothing_listening_means_nothing_was_sent() {
    let closed = TcpListener::bind(("127.0.0.1", 0))
        .expect("a port")
        .local_addr()
        .expect("its address");
    let error = client(&format!("http://{closed}"))
        .create_variable(&sample())
        .await
        .expect_err("refused");
    let refused = ErrorKind::Unreachable {
        reason: NotSentReason::Refused,
        detail: String::new(),
    };
    assert_eq!(
        std::mem::discriminant(kind(&error)),
        std::mem::discriminant(&refused)
    );
    assert!(
        matches!(
            kind(&error),
            ErrorKind::Unreachable {
                reason: NotSentReason::Refused,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!error.outcome_unknown() && error.retry() == Retry::Later);
}

#[tokio::test]
async fn an_unknown_host_was_not_reached() {
    let error = client("http://no-such-host.invalid")
        .probe()
        .await
        .expect_err("no host");
    assert!(matches!(kind(&error), ErrorKind::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_a_write_in_doubt() {
    const HALF: &str =
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"key\": ";
    for script in [(|l| after_sign_in(l, HALF)) as Script, |l| after_sign_in(l, "")] {
        let client = client(&serve(script));
        let error = client
            .create_variable(&sample())
            .await
            .expect_err("half an answer");
        assert!(matches!(kind(&error), ErrorKind::InDoubt { .. }), "{error:?}");
        assert!(error.outcome_unknown() && error.retry() == Retry::Look);
        let error = client.list_dags().await.expect_err("half an answer");
        assert!(
            !error.outcome_unknown() && error.retry() == Retry::Later,
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn no_answer_in_time_leaves_a_write_in_doubt() {
    let address = serve(|line| {
        if !line.starts_with("POST /auth/token") {
            thread::sleep(Duration::from_secs(6));
        }
        after_sign_in(line, "")
    });
    let error = client(&address)
        .trigger_dag_run("d", "r", &json!({"password": "hunter2"}), None)
        .await
        .expect_err("no answer");
    assert!(
        *kind(&error) == ErrorKind::NoAnswer && error.outcome_unknown(),
        "{error:?}"
    );
    let error = client(&address).event_log_tail().await.expect_err("no answer");
    assert!(!error.outcome_unknown(), "{error:?}");
    assert_eq!(error.explain().what, "Airflow did not answer in time.");
}

#[tokio::test]
async fn garbage_in_place_of_json_is_said_without_quoting_it() {
    let address = serve(|l| {
        after_sign_in(
            l,
            &http("200 OK", "application/json", r#"{"key": "hunter2", nope"#),
        )
    });
    let error = client(&address).get_variable("k").await.expect_err("garbage");
    assert!(matches!(kind(&error), ErrorKind::Protocol { .. }), "{error:?}");
    let error = client(&address)
        .create_variable(&sample())
        .await
        .expect_err("garbage");
    assert!(
        matches!(kind(&error), ErrorKind::Protocol { .. }) && error.outcome_unknown(),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_proxys_404_is_not_a_missing_variable() {
    for script in [
        (|l| after_sign_in(l, &http("404 Not Found", "text/html", "<html>k not found</html>"))) as Script,
        |l| {
            after_sign_in(
                l,
                &http("404 Not Found", "application/json", r#"{"detail":"Not Found"}"#),
            )
        },
        |l| after_sign_in(l, &http("404 Not Found", "text/plain", "404 page not found")),
    ] {
        let client = client(&serve(script));
        let error = client.get_variable("k").await.expect_err("a proxy's 404");
        assert!(matches!(kind(&error), ErrorKind::NotAirflow { .. }), "{error:?}");
        let error = client.delete_variable("k").await.expect_err("a proxy's 404");
        assert!(
            matches!(kind(&error), ErrorKind::NotAirflow { .. }) && !error.outcome_unknown(),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn trouble_of_the_server_leaves_a_write_in_doubt() {
    for script in [
        (|l| after_sign_in(l, &http("500 Internal Server Error", "text/plain", "hunter2"))) as Script,
        |l| after_sign_in(l, &http("502 Bad Gateway", "text/html", "<html>hunter2</html>")),
        |l| {
            after_sign_in(
                l,
                &http(
                    "503 Service Unavailable",
                    "application/json",
                    r#"{"detail":{"reason":"Database error","statement":"hunter2"}}"#,
                ),
            )
        },
    ] {
        let error = client(&serve(script))
            .create_variable(&sample())
            .await
            .expect_err("trouble");
        assert!(
            matches!(kind(&error), ErrorKind::ServerTrouble { .. }) && error.outcome_unknown(),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_gateway_may_ask_to_slow_down() {
    let address = serve(|l| {
        after_sign_in(
            l,
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
        )
    });
    let error = client(&address)
        .create_variable(&sample())
        .await
        .expect_err("429");
    assert_eq!(
        *kind(&error),
        ErrorKind::TooManyRequests {
            retry_after: Some(Duration::from_secs(7))
        }
    );
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_listing_that_never_holds_still_is_given_up() {
    let address = serve(|l| {
        let row = r#"{"key":"same","value":"v","description":null}"#;
        after_sign_in(
            l,
            &http(
                "200 OK",
                "application/json",
                &format!(r#"{{"variables":[{row}],"total_entries":2}}"#),
            ),
        )
    });
    let error = client(&address)
        .list_variables()
        .await
        .expect_err("a shifting list");
    assert_eq!(*kind(&error), ErrorKind::ScanShifted);
}

#[tokio::test]
async fn a_page_in_place_of_a_writes_answer_leaves_it_in_doubt() {
    let address = serve(|l| after_sign_in(l, &http("200 OK", "text/html", "<html>Sign in</html>")));
    for error in [
        client(&address)
            .create_variable(&sample())
            .await
            .expect_err("a page"),
        client(&address).delete_variable("k").await.expect_err("a page"),
    ] {
        assert!(
            matches!(kind(&error), ErrorKind::NotAirflow { .. }) && error.outcome_unknown(),
            "{error:?}"
        );
    }
}
