# What people who work on rolecall run. `just` without a name lists it.

[private]
default:
    @just --list --unsorted

# Run the main job on the embedded AWS
demo:
    cargo run -- apply --sandbox --yes

# Formatting, lints, tests: the first half of what CI runs
check: fmt-check clippy documentation test

# Unit tests, tables and properties, scenarios on the embedded AWS
test:
    cargo test --workspace --all-features

# Run tests and review the snapshots that changed, one by one; needs cargo-insta
snapshots *FILTERS:
    cargo insta test --review --all-features --test main -- {{ FILTERS }}

# Format the code
fmt:
    cargo fmt --all

# Is the code formatted?
fmt-check:
    cargo fmt --all --check

# Lints, warnings denied
clippy:
    cargo clippy --workspace --all-targets --all-features -- --deny warnings

# The API's documentation, warnings denied
documentation:
    RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --all-features --no-deps

# Licences, duplicates and sources of the dependencies, by deny.toml; advisories where their database can be reached
deny:
    tests/deny

# A role that Terraform makes, with `managed_by`; MIRROR is a folder with its AWS provider (`terraform providers mirror`)
terraform MIRROR:
    ROLECALL_TERRAFORM_MIRROR={{ MIRROR }} cargo test --all-features --test main -- --ignored terraform_itself

# The release binaries against software that is not ours: moto, MiniStack, Genesys Cloud's SDK, Prism
e2e *ARGS:
    tests/e2e/run {{ ARGS }}

# z3 and cvc5 over certificates, beside our verdicts: N random documents (1,000), or `--quick`; also files of JSON lines
solvers *ARGS:
    tests/solvers/run {{ ARGS }}

# Every command that writes × every call × every fault, with the release binary: thousands of runs; `--sample N` takes fewer
chaos *ARGS:
    cargo build --release --all-features
    ROLECALL_BIN="$PWD/${CARGO_TARGET_DIR:-target}/release/rolecall" cargo test --all-features --test chaos -- {{ ARGS }}

# Pairs of manifests, one applied after the other: PAIRS on the sandbox, ten times as many in memory
pairs PAIRS="300":
    ROLECALL_PAIRS={{ PAIRS }}0 cargo test --all-features --lib -- plan::way::tests::pairs
    cargo test --all-features --test chaos -- --pairs {{ PAIRS }}

# After every change by hand and PAIRS of their pairs, what "Do this now" prints is done; the figures go into docs/evidence.md
repairs PAIRS="700":
    UPDATE_PAGES=1 cargo test --workspace --all-features --test chaos -- --repairs {{ PAIRS }}

# SARIF against the official schema, with Microsoft's validator from npm
sarif:
    cargo build --all-features
    tests/e2e/sarif "${CARGO_TARGET_DIR:-target}/debug/rolecall"

# The code of the Lambda function, target/package/rolecall-lambda-ARCH.zip, for x86_64 or arm64 (this machine's by itself)
package *ARCH:
    deploy/package {{ ARCH }}

# What a release publishes, in target/dist: wheels, npm packages, archives, formula, image files; all targets that can be built here
dist *ARGS:
    packaging/dist {{ ARGS }}

# action.yml, the GitLab component and the pre-commit hooks: linted, and run as those systems run them
ci:
    cargo build --all-features
    ROLECALL_BIN="${CARGO_TARGET_DIR:-target}/debug/rolecall" tests/ci/run

# The proof in the browser: one page that sends nothing, target/page/index.html; needs the target wasm32-unknown-unknown
page *ARGS:
    crates/rolecall-web/page/build {{ ARGS }}

# The same, tested in Chromium
page-test *ARGS:
    tests/page/run {{ ARGS }}

# Templates under deploy/ and examples/, with AWS's linter from PyPI
templates:
    cargo build --all-features
    tests/e2e/templates "${CARGO_TARGET_DIR:-target}/debug/rolecall"

# Each crate as crates.io would get it, compiled from its package alone
crates:
    cargo package --workspace

# What the public API of rolecall-iam asks of the next version, against a commit or tag; needs cargo-semver-checks
semver BASE:
    cargo semver-checks -p rolecall-iam --baseline-rev {{ BASE }}

# Whole runs beside a boto3 script, for benches/README.md
bench *ARGS:
    benches/compare.py {{ ARGS }}

# Decisions and proofs, for benches/README.md
bench-core *ARGS:
    cargo bench --manifest-path benches/core/Cargo.toml {{ ARGS }}

# Fuzz a target (parse, evaluate, prove, extract) on stable Rust; needs cargo-fuzz
fuzz TARGET SECONDS="300":
    cargo fuzz run --sanitizer none {{ TARGET }} -- -max_total_time={{ SECONDS }} -timeout=10 -max_len=4096

# The book, target/book/index.html: docs/ by mdBook, with the proof in the browser if `just page` made it
book:
    tests/book/run --build

# The whole site: the book, and the proof in the browser below it
site:
    just page
    just book

# The book's links, and every command that its pages and the README show
book-test:
    tests/book/run
