//! Connections between requests.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use bytes::Bytes;
use leeward_airflow::{HttpTransport, IDLE_LIMIT, Transport as _};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Answers every request on every connection, and never ends one. Gives its address, and how many came about.
fn serve() -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = format!("http://{}/", listener.local_addr()?);
    let connections = Arc::<AtomicUsize>::default();
    let counted = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::Relaxed);
            std::thread::spawn(move || answer_all(stream));
        }
    });
    Ok((address, connections))
}

fn answer_all(mut stream: TcpStream) -> Result<()> {
    for line in BufReader::new(stream.try_clone()?).lines() {
        // The empty line after a request's headers.
        if line?.is_empty() {
            stream.write_all(ANSWER)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_that_was_idle_is_not_used_again() -> Result<()> {
    let (address, connections) = serve()?;
    let transport = HttpTransport::new(None)?;
    let ask = async || {
        transport
            .send(http::Request::get(&address).body(Bytes::new())?)
            .await
            .map_err(anyhow::Error::from)
    };
    ask().await?;
    tokio::time::sleep(IDLE_LIMIT).await;
    ask().await?;
    assert_eq!(connections.load(Ordering::Relaxed), 2);
    Ok(())
}
