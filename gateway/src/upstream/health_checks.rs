//! Active checks: each instance is asked each second whether it is ready.

use std::{future::poll_fn, sync::Arc, time::Duration};

use http::{HeaderValue, Request, StatusCode, header};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    balance::random_fraction,
    connection,
    framed::Framed,
    instance::{Health, Instance},
    replay::Replay,
    service::Upstream,
    upload::Upload,
};

const PERIOD: Duration = Duration::from_secs(1);
const DEADLINE: Duration = Duration::from_secs(1);
const PATH: &str = "/health/ready";

/// Checks all instances, again and again, until the task is dropped.
pub async fn follow(upstreams: &[Arc<Upstream>]) {
    let mut checks = JoinSet::new();
    let mut spread = Duration::ZERO;
    loop {
        for instance in upstreams.iter().flat_map(|upstream| upstream.instances().to_vec()) {
            let delay = spread.mul_f64(random_fraction());
            checks.spawn(async move {
                sleep(delay).await;
                instance.pool.close_expired();
                let health = check(&instance).await;
                instance.set_health(health);
            });
        }
        // The first round is at once; in later ones the instances of one name are not asked together.
        spread = PERIOD / 10;
        sleep(PERIOD.mul_f64(0.9 + 0.1 * random_fraction())).await;
        while checks.try_join_next().is_some() {}
        upstreams.iter().for_each(|upstream| upstream.measure());
    }
}

/// Asks an instance over a connection of its own.
async fn check(instance: &Arc<Instance>) -> Health {
    match timeout(DEADLINE, ask(instance)).await {
        Ok(Ok(status)) if status.is_server_error() => Health::Unready,
        // A service without such a page is as ready as can be known.
        Ok(Ok(_)) => Health::Ready,
        Ok(Err(AskError::Refused)) => Health::Refusing,
        Ok(Err(AskError::Broken)) => Health::Unready,
        // Once may be chance, and takes an instance out of use; twice also takes its requests away.
        Err(_) if matches!(instance.health(), Health::Ready | Health::Unchecked) => Health::Unready,
        Err(_) => Health::Hanging,
    }
}

enum AskError {
    Refused,
    Broken,
}

async fn ask(instance: &Instance) -> Result<StatusCode, AskError> {
    let stream = connection::connect(instance.address).await.map_err(|_| AskError::Refused)?;
    let mut connection = Framed::new(Replay::idle(stream)).map_err(|_| AskError::Refused)?;
    let mut request = Request::get(PATH)
        .header(header::CONNECTION, HeaderValue::from_static("close"))
        .body(Upload::default().lend())
        .map_err(|_| AskError::Broken)?;
    request.headers_mut().insert(header::HOST, instance.host.clone());
    connection.begin(request);
    let response = poll_fn(|context| connection.poll_answer(context)).await;
    let response = response.map_err(|_| AskError::Broken)?;
    Ok(response.status())
}
