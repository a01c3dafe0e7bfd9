//! Answers of instances, however they are framed.
//!
//! A request without a body and one with a body are sent over different kinds of connection, which must read every
//! answer alike.

use crate::script::{Answer, GET, UPLOAD, WRITE, ask, assert_not_used_again, send, start};

#[tokio::test]
async fn an_answer_of_any_framing_passes_whole_and_so_do_those_after_it() {
    for (answer, body) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
        ("HTTP/1.1 200 OK\r\nContent-Length:   2 \t\r\n\r\nok", "ok"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0002\r\n\r\nok", "ok"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "ok"),
        ("HTTP/1.1 200 OK\nContent-Length: 2\nX: y\n\nok", "ok"),
        ("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "ok"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\no\r\n1\r\nk\r\n0\r\n\r\n",
            "ok",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-After: 1\r\n\r\n",
            "ok",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "ok",
        ),
        ("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok", "ok"),
        ("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", "ok"),
        (
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "ok",
        ),
        (
            "HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n\
          HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "ok",
        ),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "ok"),
    ] {
        for is_in_pieces in [false, true] {
            // Each begins with new connections: one that had an unusual answer is read by other code.
            let (script, gateway) = start().await;
            script.set(Answer { bytes: answer.into(), is_in_pieces, ..Answer::default() });
            for request in [GET, UPLOAD, GET] {
                let expected = Some((200, body.to_owned()));
                assert_eq!(ask(&gateway, request).await, expected, "{request}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn a_head_that_is_none_is_the_services_fault_and_reaches_nobody() {
    let (script, gateway) = start().await;
    let many: String = (0..101).map(|n| format!("X-{n}: 1\r\n")).collect();
    let long = format!("X: {}\r\nContent-Length: 2", "x".repeat(200_000));
    for lines in [
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 2",
        "Content-Length: 2, 3",
        "Content-Length: +2",
        "Content-Length: -2",
        "Content-Length: 0x2",
        "Content-Length: 2 2",
        "Content-Length: 2;",
        "Content-Length: \u{661}",
        "Content-Length:",
        "Content-Length: 18446744073709551618",
        "Content-Length: 99999999999999999999999999",
        "Content-Length : 2",
        "Content-Length\t: 2",
        " Content-Length: 2",
        "Content-Length: 2\r\n 0",
        "X: 1\r\n Content-Length: 2\r\nContent-Length: 2",
        "X: 1\rContent-Length: 3\r\nContent-Length: 2",
        "X: 1\0\r\nContent-Length: 2",
        "X\0: 1\r\nContent-Length: 2",
        "\0Content-Length: 2",
        "Content-Length: 2\0",
        "X\u{fc}: 1\r\nContent-Length: 2",
        "no header\r\nContent-Length: 2",
        &many,
        &long,
    ] {
        script.set_bytes(&format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nokk"));
        for request in [GET, UPLOAD] {
            let (status, body) = ask(&gateway, request).await.unwrap();
            assert!(status == 502 && body.contains("UPSTREAM_FAILED"), "{lines}: {status} {body}");
        }
        assert_not_used_again(&script, &gateway, lines).await;
    }
    for line in
        ["HTTP/1.1 101 Switching Protocols", "HTTP/3.0 200 OK", "HTTP/1.1 2000 OK", "ok", "\0\0"]
    {
        script.set_bytes(&format!("{line}\r\nContent-Length: 2\r\n\r\nokk"));
        assert_eq!(ask(&gateway, GET).await.unwrap().0, 502, "{line}");
        assert_not_used_again(&script, &gateway, line).await;
    }
}

#[tokio::test]
async fn a_head_may_have_64_kib_and_not_a_byte_more() {
    let (script, gateway) = start().await;
    for rest in [
        "\r\nContent-Length: 2\r\n\r\nok",
        "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ] {
        for (length, expected) in [(64 * 1024, 200), (64 * 1024 + 1, 502)] {
            let start = "HTTP/1.1 200 OK\r\nX: ";
            let head = start.len() + rest.find("\r\n\r\n").unwrap() + "\r\n\r\n".len();
            script.set_bytes(&format!("{start}{}{rest}", "x".repeat(length - head)));
            for request in [GET, UPLOAD, GET] {
                let status = ask(&gateway, request).await.map(|(status, _)| status);
                assert_eq!(status, Some(expected), "{length} bytes, {request}: {rest}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_whole_one() {
    let (script, gateway) = start().await;
    for (answer, is_begun) in [
        ("", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r", false),
        ("HTTP/1.1 103 Early Hints\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\nok", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\nok", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", true),
    ] {
        script.set(Answer { bytes: answer.into(), closes: true, ..Answer::default() });
        for request in [GET, WRITE, UPLOAD] {
            let status = ask(&gateway, request).await.map(|(status, _)| status);
            let expected = if is_begun { None } else { Some(502) };
            assert_eq!(status, expected, "{request}: {answer}");
        }
        assert_not_used_again(&script, &gateway, answer).await;
    }
}

#[tokio::test]
async fn a_request_is_repeated_whole_and_none_of_its_headers_is_in_an_answer() {
    let (script, gateway) = start().await;
    let request = format!("{GET}X-Asked: 1\r\nX-Asked: 2\r\nAccept: a/b\r\n");
    for answer in [
        "HTTP/1.1 200 OK\r\nX-Given: 1\r\nContent-Length: 2\r\n",
        "HTTP/1.1 200 OK\r\nX-Given: 1\r\nContent-Length: x\r\n\r\n",
    ] {
        script.set(Answer { bytes: answer.into(), closes: true, ..Answer::default() });
        send(&gateway, &request).await.rest().await;
        let sent: Vec<_> = script.take().iter().map(|(_, head)| without_time(head)).collect();
        assert!(sent.len() == 2 && sent[0] == sent[1], "{sent:?}");
        assert!(
            sent[0].contains("x-asked: 1\nx-asked: 2\n") && sent[0].contains("a/b"),
            "{sent:?}"
        );
    }
    script.set_bytes("HTTP/1.1 200 OK\r\nX-Given: 2\r\nX-Given: 3\r\nContent-Length: 2\r\n\r\nok");
    let text = send(&gateway, &request).await.rest().await.to_lowercase();
    assert!(text.contains("x-given: 2\r\nx-given: 3\r\n"), "{text}");
    assert!(!text.contains("asked") && !text.contains("a/b") && !text.contains("via"), "{text}");
}

/// Returns a head without the time that the service has, which is less at each repetition.
fn without_time(head: &str) -> String {
    let lines = head.lines().filter(|line| !line.starts_with("x-request-timeout-ms"));
    lines.map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn a_large_answer_passes_whole() {
    let (script, gateway) = start().await;
    let body: String = (0..60_000).map(|n| format!("{n:06}")).collect();
    script.set_bytes(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    for _ in 0..2 {
        let (_, passed) = ask(&gateway, GET).await.unwrap();
        assert!(passed == body, "{} bytes", passed.len());
    }
}
