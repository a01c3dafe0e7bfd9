//! Which instance gets the next request: the less busy one of two picked at random.

use std::{
    cell::Cell,
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    sync::Arc,
};

use tokio::time::Instant;

use super::instance::{Fitness, Instance};

/// Picks an instance that is not among those tried, of the fittest ones: where none is fit, one that is
/// not may still answer.
pub fn pick(
    instances: &[Arc<Instance>],
    tried: &[SocketAddr],
    may_repeat: bool,
    now: Instant,
) -> Option<Arc<Instance>> {
    let (first, second) = pick_two(instances, tried, |instance| {
        instance.fitness(now, may_repeat, random_fraction())
    })?;
    let Some(second) = second else { return Some(first.clone()) };
    let (one, other) = (first.load(now), second.load(now));
    let takes_first = if one == other { random() & 1 == 0 } else { one < other };
    Some(if takes_first { first } else { second }.clone())
}

/// Returns two instances of the best fitness at random, or the only one.
fn pick_two<'i>(
    instances: &'i [Arc<Instance>],
    tried: &[SocketAddr],
    fitness: impl Fn(&Instance) -> Fitness,
) -> Option<(&'i Arc<Instance>, Option<&'i Arc<Instance>>)> {
    let mut best = Fitness::Unlikely;
    let mut picked = [None; 2];
    let mut seen = 0;
    for instance in instances.iter().filter(|instance| !tried.contains(&instance.address)) {
        let fitness = fitness(instance);
        if fitness > best {
            continue;
        }
        if fitness < best {
            (best, picked, seen) = (fitness, [None; 2], 0);
        }
        // Each of those seen so far is among the two with the same probability.
        let place = if seen < 2 { seen } else { random_below(seen + 1) };
        if let Some(place) = picked.get_mut(place) {
            *place = Some(instance);
        }
        seen += 1;
    }
    Some((picked[0]?, picked[1]))
}

/// Returns a random number below `limit`.
fn random_below(limit: usize) -> usize {
    (random() % limit.max(1) as u64) as usize
}

/// Returns a random number from 0 to below 1.
pub fn random_fraction() -> f64 {
    (random() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns a random number by xorshift, seeded for each thread: good enough to spread load.
fn random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0) | 1);
    }
    STATE.with(|state| {
        let mut bits = state.get();
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        state.set(bits);
        bits.wrapping_mul(0x2545_F491_4F6C_DD1D)
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::{super::instance::Health, *};

    fn instances(health: &[Health]) -> Vec<Arc<Instance>> {
        let host = HeaderValue::from_static("service");
        (1..)
            .zip(health)
            .map(|(port, health)| {
                let instance = Instance::new(([127, 0, 0, 1], port).into(), host.clone());
                instance.set_health(*health);
                Arc::new(instance)
            })
            .collect()
    }

    /// Returns how often each instance is picked of 3,000 times.
    fn shares(instances: &[Arc<Instance>]) -> Vec<usize> {
        let mut counts = vec![0; instances.len()];
        for _ in 0..3000 {
            let picked = pick(instances, &[], true, Instant::now()).unwrap();
            counts[usize::from(picked.address.port()) - 1] += 1;
        }
        counts
    }

    #[test]
    fn idle_instances_share_evenly() {
        for count in [2, 3, 5] {
            let shares = shares(&instances(&vec![Health::Ready; count]));
            let fair = 3000 / count;
            assert!(shares.iter().all(|share| share.abs_diff(fair) < fair / 4), "{shares:?}");
        }
    }

    #[test]
    fn the_busiest_gets_nothing_and_one_that_fails_fast_little() {
        let all = instances(&[Health::Ready; 3]);
        let waiting: Vec<_> = (0..5).map(|_| all[0].begin(Instant::now())).collect();
        assert_eq!(shares(&all)[0], 0);
        drop(waiting);
        let _some = (all[0].begin(Instant::now()), all[2].begin(Instant::now()));
        all[1].record_error();
        assert_eq!(shares(&all)[1], 0);
    }

    #[test]
    fn only_the_fittest_are_picked_and_any_where_none_is_fit() {
        let all = instances(&[Health::Hanging, Health::Ready, Health::Unready, Health::Unchecked]);
        let order: Vec<_> = [1, 3, 2, 0].map(|i: usize| all[i].address).into();
        for tried in 0..4 {
            let picked = pick(&all, &order[..tried], false, Instant::now()).unwrap();
            assert_eq!(picked.address, order[tried]);
        }
        assert!(pick(&all, &order, false, Instant::now()).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_is_given_to_one_request_and_to_none_that_cannot_be_repeated() {
        let all = instances(&[Health::Ready; 2]);
        all[0].record_refusal();
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        let tried = [all[1].address];
        let fitness = |may_repeat| all[0].fitness(Instant::now(), may_repeat, 0.5);
        assert_eq!((fitness(false), fitness(true)), (Fitness::Doubtful, Fitness::Fit));
        assert!(pick(&all, &tried, true, Instant::now()).is_some());
        let _trial = all[0].begin(Instant::now());
        assert_eq!(fitness(true), Fitness::Doubtful);
    }
}
