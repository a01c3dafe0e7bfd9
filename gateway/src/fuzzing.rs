//! What the fuzz targets of `fuzz/` call of the gateway's insides.

use http::Method;

pub use crate::{
    client_address::{Peer, TrustedProxies, network, set_forwarded_headers},
    identity::set_identity_headers,
    path::check as check_path,
    proxy::strip_hop_by_hop,
    proxy_protocol::read_header as read_proxy_header,
    upstream::answer_head::{AnswerHead, take as take_answer_head},
};
use crate::{rate_limit, routes};

/// A route that was found: its prefix, the path as the service knows it, and the service's name.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub prefix: &'static str,
    pub path: String,
    pub service: &'static str,
}

/// Returns the route of a path.
pub fn find_route(path: &str) -> Option<Found> {
    let (route, path) = routes::find(path)?;
    let (prefix, service) = (route.prefix, route.service.name());
    Some(Found { prefix, path: path.into_owned(), service })
}

/// Returns the name of the limit class of a request; `None` where no route is found, and within it where
/// nothing is limited.
pub fn limit_class(method: &Method, path: &str) -> Option<Option<&'static str>> {
    let (route, path) = routes::find(path)?;
    Some(rate_limit::class_of(route, method, &path).map(routes::LimitClass::name))
}
