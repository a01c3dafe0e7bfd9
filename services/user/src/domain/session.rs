//! Sessions, and the clients that use them.

use std::net::IpAddr;

use ids::SessionId;
use timestamp::Timestamp;

/// A session that has not ended.
#[derive(Debug)]
pub struct Session {
    pub id: SessionId,
    /// The `sid` that its access tokens name.
    pub sid: SessionId,
    pub created_at: Timestamp,
    /// The time at which it last issued tokens.
    pub last_used_at: Timestamp,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

/// The address and the user agent that a session was last used with.
#[derive(Clone, Debug)]
pub struct ClientInfo {
    pub address: IpAddr,
    /// Printable ASCII, at most [`ClientInfo::USER_AGENT_LENGTH`] characters; `None` when the client
    /// sent none.
    pub user_agent: Option<String>,
}

impl ClientInfo {
    pub const USER_AGENT_LENGTH: usize = 200;

    /// Cuts a `User-Agent` header to its length, and leaves out all but printable ASCII.
    pub fn new(address: IpAddr, user_agent: Option<&[u8]>) -> Self {
        let bytes = user_agent.unwrap_or_default().iter();
        let printable = bytes.filter(|byte| matches!(byte, b' '..=b'~')).copied().map(char::from);
        let user_agent: String = printable.take(Self::USER_AGENT_LENGTH).collect();
        let user_agent = user_agent.trim().to_owned();
        Self { address, user_agent: Some(user_agent).filter(|text| !text.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_cut_and_printable() {
        let of = |header: Option<&[u8]>| ClientInfo::new([127, 0, 0, 1].into(), header).user_agent;
        assert_eq!(of(Some(b"curl/8.5")).as_deref(), Some("curl/8.5"));
        assert_eq!(of(Some(b"\tx\x7f\xff\xe2\x80\xaey ")).as_deref(), Some("xy"));
        assert_eq!(of(Some(&[b'a'; 4000])).map(|text| text.len()), Some(200));
        assert_eq!((of(None), of(Some(b" \t"))), (None, None));
    }
}
