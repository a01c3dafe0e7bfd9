//! The head of a request without a body.

use http::{HeaderName, HeaderValue, header, request::Parts};
use http_kit::deadline::X_REQUEST_TIMEOUT_MS;

use crate::short_text::ShortText;

/// Writes the head of a request for an instance, which has `timeout_ms` to begin its answer.
pub fn write(out: &mut Vec<u8>, parts: &Parts, host: &HeaderValue, timeout_ms: u64) {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    for text in [parts.method.as_str(), " ", path, " HTTP/1.1\r\n"] {
        out.extend_from_slice(text.as_bytes());
    }
    write_line(out, &header::HOST, host.as_bytes());
    write_line(out, &X_REQUEST_TIMEOUT_MS, ShortText::new().number(timeout_ms).as_bytes());
    for (name, value) in &parts.headers {
        if !is_replaced(name, value) {
            write_line(out, name, value.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// Tells whether a header is one that is written here, or that would announce a body.
fn is_replaced(name: &HeaderName, value: &HeaderValue) -> bool {
    *name == header::HOST
        || *name == X_REQUEST_TIMEOUT_MS
        || *name == header::TRANSFER_ENCODING
        || (*name == header::CONTENT_LENGTH && value != "0")
}

fn write_line(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn a_head_has_the_host_of_its_instance_and_announces_no_body() {
        let request = Request::post("/a%2Fb?c=d")
            .header("x-a", "1")
            .header("host", "of.the.client")
            .header("x-request-timeout-ms", "1")
            .header("transfer-encoding", "chunked")
            .header("content-length", "5")
            .header("x-a", "2")
            .body(());
        let (parts, ()) = request.unwrap().into_parts();
        let mut head = Vec::new();
        write(&mut head, &parts, &HeaderValue::from_static("prompt:9002"), 15_000);
        let expected = "POST /a%2Fb?c=d HTTP/1.1\r\nhost: prompt:9002\r\n\
            x-request-timeout-ms: 15000\r\nx-a: 1\r\nx-a: 2\r\n\r\n";
        assert_eq!(String::from_utf8(head).unwrap(), expected);
    }
}
