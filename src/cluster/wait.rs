//! Waiting for what an API server has or says, whatever it says meanwhile. Without deadlines of
//! its own: the caller sets one around it.

use std::time::Duration;

use kube::api::Api;
use kube::runtime::conditions::Condition;
use kube::runtime::wait::await_condition;

/// How long one answer of a starting API server is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Between two questions to an API server that does not answer yet: there is nothing to await.
const ASK_EVERY: Duration = Duration::from_millis(25);

/// Asks until the answer is good.
pub(super) async fn until_ok<T, A>(ask: impl Fn() -> A) -> T
where
    A: Future<Output = Result<T, kube::Error>>,
{
    loop {
        if let Ok(Ok(answer)) = tokio::time::timeout(ANSWER_WITHIN, ask()).await {
            return answer;
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Watches until the object is as it should be; begins again when the watch fails.
pub(super) async fn until<K>(api: &Api<K>, name: &str, condition: impl Condition<K> + Clone)
where
    K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + Send + 'static,
    K: serde::de::DeserializeOwned,
{
    while await_condition(api.clone(), name, condition.clone()).await.is_err() {
        tokio::time::sleep(ASK_EVERY).await;
    }
}
