//! The model behind a real socket on loopback, for programs that speak HTTP: one thread a connection, kept alive.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, Response, header};

use super::InProcess;

/// The model, listening; it stops when dropped.
#[derive(Debug)]
pub struct HttpFake {
    port: u16,
    stopped: Arc<AtomicBool>,
}

impl HttpFake {
    /// Listens on a free port of loopback.
    pub fn start(model: InProcess) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let stopped = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stopped);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let model = model.clone();
                // A client that goes away breaks its connection: nobody is left to tell.
                thread::spawn(move || drop(serve(&client, &model)));
            }
        });
        Ok(Self { port, stopped })
    }

    /// The address to give to Leeward.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for HttpFake {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(client: &TcpStream, model: &InProcess) -> Result<()> {
    client.set_nodelay(true)?;
    let mut reader = BufReader::new(client);
    while let Some(request) = read(&mut reader)? {
        let answer = model.with(|airflow| airflow.handle(&request));
        write(client, &answer)?;
    }
    Ok(())
}

/// The next request; `None` when the client has closed the connection.
fn read(reader: &mut impl BufRead) -> Result<Option<Request<Bytes>>> {
    let mut line = String::new();
    match reader.read_line(&mut line) {
        Ok(0) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
        read => read?,
    };
    let mut words = line.split_whitespace();
    let method = words.next().context("an empty request")?;
    let target = words.next().context("a request without a target")?;
    let mut builder = Request::builder().method(method).uri(target);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        }
        builder = builder.header(name, value.trim());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(builder.body(body.into())?))
}

fn write(mut client: &TcpStream, answer: &Response<Bytes>) -> Result<()> {
    let status = answer.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in answer.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let length = answer.body().len();
    bytes.extend(format!("{}: {length}\r\n\r\n", header::CONTENT_LENGTH).bytes());
    bytes.extend(answer.body());
    Ok(client.write_all(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_airflow::{Airflow, BaseUrl, Credentials, HttpTransport, Secret, Variable, v2};

    #[tokio::test]
    async fn leewards_own_client_works_on_it() {
        let fake = HttpFake::start(InProcess::default()).unwrap();
        let password = Secret::new("lee-shore-7");
        let username = "ann".to_owned();
        let client = v2::Client::new(
            Arc::new(HttpTransport::new(None).unwrap()),
            BaseUrl::parse(&fake.base_url()).unwrap(),
            Credentials::Password { username, password },
        );
        let variable = Variable {
            key: "a/b č".into(),
            value: "täglich".into(),
            description: None,
            is_encrypted: true,
        };
        client.create_variable(&variable).await.unwrap();
        let listed = client.list_variables().await.unwrap();
        assert_eq!(listed.as_slice(), std::slice::from_ref(&variable));
        client.delete_variable(&variable.key).await.unwrap();
        assert_eq!(client.get_variable(&variable.key).await.unwrap(), None);
    }
}
