//! A secret that is kept somewhere, read when it is needed.

use std::fmt;

use futures_util::future::LocalBoxFuture;
use secrecy::SecretString;

use super::AwsResult;

/// Reads one secret's current value.
pub trait ReadSecret: fmt::Debug {
    /// What the secret is called in messages.
    fn name(&self) -> &str;
    /// Asks the store, each time. Boxed, so that who holds the reader needs no type parameter for it.
    fn read(&self) -> LocalBoxFuture<'_, AwsResult<SecretString>>;
}
