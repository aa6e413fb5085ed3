//! `rolecall-lambda` under AWS's own runtime client, with a runtime API and an AWS on loopback.

#[cfg(feature = "lambda")]
mod access;
#[cfg(feature = "lambda")]
mod custom_resources;
#[cfg(feature = "lambda")]
mod direct;
#[cfg(feature = "lambda")]
mod life;
#[cfg(feature = "lambda")]
mod others;
#[cfg(feature = "lambda")]
mod publish;
#[cfg(feature = "lambda")]
mod services;
#[cfg(feature = "lambda")]
mod stack;
#[cfg(feature = "lambda")]
mod stage;
#[cfg(feature = "lambda")]
mod stored;

#[cfg(not(feature = "lambda"))]
#[test]
#[ignore = "rolecall-lambda is not tested without `--features lambda`"]
fn the_function() {}
