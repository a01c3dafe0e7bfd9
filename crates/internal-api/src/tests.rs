//! Both sides of calls, over a real socket.

mod instances;

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use auth::{Identity, Internal, InternalToken, Role, identify};
use axum::{Router, extract::State, middleware};
use garde::Validate;
use http::{HeaderMap, StatusCode};
use http_kit::{ApiError, Path, context::RequestContext};
use ids::{LicenseId, PromptId, UserId};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{
    Call, CallError, Failure, Method, PathParams, Request, Serve, ServiceClient, call, marketplace,
    prompt,
    prompt::{
        ForgetUser, GetPrompt, GetPromptQuery, GetPromptRefusal, ListRatings, ListRatingsQuery,
        RatingResponse, RevokeEntitlement, SetPremium, SetPremiumRequest,
    },
    user,
};

const TOKEN: &str = "internal-token-of-tests";

async fn serve(router: Router) -> Vec<String> {
    let token = InternalToken::new(TOKEN);
    let router = router.layer(middleware::from_fn_with_state(token, identify));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    vec![url]
}

async fn client(router: Router) -> ServiceClient {
    ServiceClient::new("test service", serve(router).await, InternalToken::new(TOKEN)).unwrap()
}

#[derive(Deserialize)]
struct Name(String);

impl PathParams for Name {
    fn values(&self) -> Vec<String> {
        vec![self.0.clone()]
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Validate)]
struct Text {
    #[garde(length(chars, max = 9))]
    text: Option<String>,
}

struct Greet;

impl Call for Greet {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/internal/people/{name}/greeting";
    type Params = Name;
    type Request = Text;
    type Response = Text;
    type Refusal = Infallible;
}

#[tokio::test]
async fn parameters_and_query_arrive_as_they_were_given() {
    let greet = async |_: Internal,
                       _: State<()>,
                       Path(Name(name)): Path<Name>,
                       Request(Text { text }): Request<Greet>| {
        Ok(Text { text: Some(format!("{name}|{}", text.unwrap_or_default())) })
    };
    let client = client(Greet::route(greet)).await;
    for (name, text) in [("a/b c?d#e%20é", Some("&=+ ü%")), ("ada", None)] {
        let request = Text { text: text.map(str::to_owned) };
        let answer = client.call::<Greet>(Name(name.to_owned()), &request, None).await.unwrap();
        assert_eq!(answer.text, Some(format!("{name}|{}", text.unwrap_or_default())));
    }
}

#[tokio::test]
async fn a_call_carries_its_caller_and_its_body_and_reads_every_kind_of_response() {
    let (prompt, license, person) = (PromptId::new(), LicenseId::new(), UserId::new());
    let forget = async |Internal(caller): Internal,
                        _: State<()>,
                        Path(id): Path<UserId>,
                        _: Request<ForgetUser>| {
        assert_eq!(caller.map(|caller| (caller.id, caller.username)), Some((id, "ada".to_owned())));
        Ok(())
    };
    let set = async |_: Internal,
                     _: State<()>,
                     Path(id): Path<PromptId>,
                     Request(body): Request<SetPremium>| {
        let SetPremiumRequest { premium, price, revision } = body;
        Ok(prompt::PremiumResponse { prompt_id: id, premium, price, revision })
    };
    let revoke = async |_: Internal,
                        _: State<()>,
                        Path((prompt_id, license_id)): Path<(PromptId, LicenseId)>,
                        _: Request<RevokeEntitlement>| {
        Ok(prompt::EntitlementResponse {
            license_id,
            prompt_id,
            user_id: None,
            version: None,
            expires_at: None,
            revoked_at: None,
        })
    };
    let ratings =
        async |_: Internal, _: State<()>, _: Path<()>, Request(query): Request<ListRatings>| {
            let ids = query.ids().ok_or_else(|| ApiError::invalid_field("ids", "must be ids"))?;
            let rating = |id| RatingResponse {
                id,
                title: None,
                description: None,
                category: None,
                average_rating: 4.0,
            };
            Ok(ids.into_iter().map(rating).collect())
        };
    let router = ForgetUser::route(forget)
        .merge(SetPremium::route(set))
        .merge(RevokeEntitlement::route(revoke))
        .merge(ListRatings::route(ratings));
    let client = client(router).await;

    let ada =
        Identity { id: person, username: "ada".to_owned(), roles: vec![Role::User], session: None };
    client.call::<ForgetUser>(person, &(), Some(&ada)).await.unwrap();
    let request =
        SetPremiumRequest { premium: true, price: Some("9.90".parse().unwrap()), revision: 3 };
    let answer = client.call::<SetPremium>(prompt, &request, None).await.unwrap();
    assert_eq!((answer.prompt_id, answer.price, answer.revision), (prompt, request.price, 3));
    let answer = client.call::<RevokeEntitlement>((prompt, license), &(), None).await.unwrap();
    assert_eq!((answer.prompt_id, answer.license_id), (prompt, license));
    let ids = [prompt, PromptId::new()];
    let query = ListRatingsQuery::new(&ids);
    let answer = client.call::<ListRatings>((), &query, None).await.unwrap();
    assert_eq!(answer.iter().map(|rating| rating.id).collect::<Vec<_>>(), ids);
}

#[tokio::test]
async fn a_call_is_in_the_trace_of_its_cause_under_a_span_of_its_own() {
    let cause = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let received = Arc::new(Mutex::new(Vec::new()));
    let calls = received.clone();
    let forget = async |_: Internal, _: State<()>, _: Path<UserId>, _: Request<ForgetUser>| Ok(());
    let router = ForgetUser::route(forget).layer(middleware::map_request(
        move |request: axum::extract::Request| {
            let header = |name| request.headers()[name].to_str().unwrap().to_owned();
            calls.lock().unwrap().push((header("traceparent"), header("x-request-id")));
            std::future::ready(request)
        },
    ));
    let client = client(router).await;
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", cause.parse().unwrap());
    headers.insert("x-request-id", "trace-me".parse().unwrap());
    let context = RequestContext::from_request(&headers, "/");
    context
        .scope(async {
            for _ in 0..2 {
                client.call::<ForgetUser>(UserId::new(), &(), None).await.unwrap();
            }
        })
        .await;

    let received = received.lock().unwrap();
    let (trace, _) = cause.split_at("00-4bf92f3577b34da6a3ce929d0e0e4736-".len());
    for (traceparent, request_id) in received.iter() {
        assert!(traceparent.starts_with(trace) && traceparent.ends_with("-01"), "{traceparent}");
        assert_eq!((traceparent.len(), request_id.as_str()), (cause.len(), "trace-me"));
    }
    let spans: HashSet<&str> =
        received.iter().map(|(traceparent, _)| traceparent.as_str()).collect();
    assert!(spans.len() == 2 && !spans.contains(cause), "{spans:?}");
}

#[tokio::test]
async fn refusals_are_told_from_other_errors() {
    let get = async |_: Internal,
                     _: State<()>,
                     Path(_): Path<PromptId>,
                     Request(query): Request<GetPrompt>| {
        Err(match query.version {
            None => Failure::Refused(GetPromptRefusal::PromptNotFound),
            Some(1) => Failure::Refused(GetPromptRefusal::VersionNotFound),
            Some(2) => ApiError::new(StatusCode::CONFLICT, "NEW_CODE", "Not known here.").into(),
            Some(_) => ApiError::internal(anyhow::anyhow!("broken")).into(),
        })
    };
    let client = client(GetPrompt::route(get)).await;
    let get = async |version| {
        let query = GetPromptQuery { version, label: None };
        client.call::<GetPrompt>(PromptId::new(), &query, None).await.unwrap_err()
    };
    assert!(matches!(get(None).await, CallError::Refused(GetPromptRefusal::PromptNotFound)));
    assert!(matches!(get(Some(1)).await, CallError::Refused(GetPromptRefusal::VersionNotFound)));
    let CallError::Unexpected { status, code, detail, .. } = get(Some(2)).await else { panic!() };
    assert_eq!((status.as_u16(), &*code, &*detail), (409, "NEW_CODE", "Not known here."));
    assert!(matches!(get(Some(3)).await, CallError::Unavailable { .. }));
    let CallError::Unexpected { code, .. } = get(Some(0)).await else { panic!() };
    assert_eq!(code, "VALIDATION_FAILED", "the request's rules hold");
}

#[tokio::test]
async fn a_stranger_finds_no_path_and_an_instance_that_is_away_is_passed_over() {
    let forget = async |_: Internal, _: State<()>, _: Path<UserId>, _: Request<ForgetUser>| Ok(());
    let mut urls = serve(ForgetUser::route(forget)).await;
    let stranger = InternalToken::new("another-internal-token");
    let stranger = ServiceClient::new("test service", urls.clone(), stranger).unwrap();
    let error = stranger.call::<ForgetUser>(UserId::new(), &(), None).await.unwrap_err();
    let CallError::Unexpected { code, .. } = error else { panic!("{error}") };
    assert_eq!(code, "ROUTE_NOT_FOUND");

    urls.push("http://127.0.0.1:1".to_owned());
    let client = ServiceClient::new("test service", urls, InternalToken::new(TOKEN)).unwrap();
    for _ in 0..4 {
        client.call::<ForgetUser>(UserId::new(), &(), None).await.unwrap();
    }
}

fn path<C: Call>(params: C::Params) -> String {
    let base = "http://host:9000".parse().unwrap();
    call::url::<C>(&base, &params).unwrap().path().to_owned()
}

#[test]
fn every_call_s_path_takes_its_parameters() {
    let (id, license, person) = (PromptId::new(), LicenseId::new(), UserId::new());
    let entitlement = format!("/internal/prompts/{id}/entitlements/{license}");
    assert_eq!(path::<prompt::GetPrompt>(id), format!("/internal/prompts/{id}"));
    assert_eq!(path::<prompt::ListRatings>(()), "/internal/prompts/ratings");
    assert_eq!(path::<prompt::ListSummaries>(()), "/internal/prompts/summaries");
    assert_eq!(path::<prompt::SetPremium>(id), format!("/internal/prompts/{id}/premium"));
    assert_eq!(path::<prompt::GrantEntitlement>((id, license)), entitlement);
    assert_eq!(path::<prompt::RevokeEntitlement>((id, license)), entitlement);
    assert_eq!(path::<prompt::GetAuthorStats>(person), format!("/internal/users/{person}/stats"));
    assert_eq!(path::<prompt::ForgetUser>(person), format!("/internal/users/{person}"));
    assert_eq!(path::<marketplace::ForgetUser>(person), format!("/internal/users/{person}"));
    assert_eq!(path::<user::LookUpUsers>(()), "/internal/users/lookup");
}

#[test]
fn an_address_may_have_a_path_of_its_own() {
    let person = UserId::new();
    for base in ["http://host/prefix", "http://host/prefix/"] {
        let url = call::url::<prompt::ForgetUser>(&base.parse().unwrap(), &person).unwrap();
        assert_eq!(url.as_str(), format!("http://host/prefix/internal/users/{person}"));
    }
}
