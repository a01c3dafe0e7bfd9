//! Answers of instances, however they are framed.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::yield_now,
};

use crate::{
    recorder::{Connection, Recorder},
    support::gateway,
};

const REQUEST: &[u8] = b"GET /prompts/first HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn an_answer_of_any_framing_passes_whole_and_so_do_those_after_it() {
    for (answer, status, body) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        (
            "HTTP/1.1 404 Not Found\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nno",
            404,
            "no",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\no\r\n1\r\nk\r\n0\r\n\r\n",
            200,
            "ok",
        ),
        ("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        (
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            200,
            "ok",
        ),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", 200, "ok"),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", 304, ""),
    ] {
        let service = Recorder::start(answer.as_bytes()).await;
        let gateway = gateway(&[("PROMPT", &service.url)]).await;
        let mut connection = Connection::open(&gateway.url).await;
        for turn in 0..3 {
            connection.stream.write_all(REQUEST).await.unwrap();
            let (head, passed) = connection.message().await.unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{turn}: {answer}: {head}");
            assert_eq!(passed, body.as_bytes(), "{turn}: {answer}");
        }
        assert_eq!(service.take().len(), 3, "{answer}");
    }
}

#[tokio::test]
async fn an_answer_in_pieces_passes_whole_and_one_that_breaks_off_is_no_answer() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 10\r\n\r\nin pieces!";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        // Whole once, and then without its last byte.
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                for end in [ANSWER.len(), ANSWER.len() - 1] {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(stream.read_u8().await?);
                    }
                    for byte in &ANSWER[..end] {
                        stream.write_all(&[*byte]).await?;
                        yield_now().await;
                    }
                }
                std::io::Result::Ok(())
            });
        }
    });
    let gateway = gateway(&[("PROMPT", &url)]).await;
    let mut connection = Connection::open(&gateway.url).await;
    connection.stream.write_all(REQUEST).await.unwrap();
    let (head, body) = connection.message().await.unwrap();
    assert!(head.to_lowercase().contains("x-a: 1"), "{head}");
    assert_eq!(body, b"in pieces!");
    connection.stream.write_all(REQUEST).await.unwrap();
    assert!(connection.message().await.is_none(), "less than was announced");
    serving.abort();
}

#[tokio::test]
async fn a_large_answer_passes_whole() {
    let body: String = (0..60_000).map(|n| format!("{n:06}")).collect();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let service = Recorder::start(answer.leak().as_bytes()).await;
    let gateway = gateway(&[("PROMPT", &service.url)]).await;
    let mut connection = Connection::open(&gateway.url).await;
    for _ in 0..2 {
        connection.stream.write_all(REQUEST).await.unwrap();
        let (_, passed) = connection.message().await.unwrap();
        assert!(passed == body.as_bytes(), "{} bytes", passed.len());
    }
}
