#!/usr/bin/env node
// Finds the binary of this platform among the packages that npm installed beside this one, and becomes it.
//
// It downloads nothing and prints nothing of its own but the one error, to standard error. Exit codes and signals are the
// binary's. The names of the platform packages are made as packaging/parts/release.py makes them.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const { spawn } = require("node:child_process");
const { name, version, optionalDependencies } = require("./package.json");

// The binaries for musl are static and run on every Linux, so they also serve where the other package was not installed.
const libcs = process.platform !== "linux" ? [""] : usesMusl() ? ["-musl"] : ["", "-musl"];
const packages = libcs
  .map((libc) => `@${name}/cli-${process.platform}-${process.arch}${libc}`)
  .filter((candidate) => candidate in optionalDependencies);
const executable = process.platform === "win32" ? "rolecall.exe" : "rolecall";

const found = packages.map(installed).find((candidate) => candidate !== undefined);
if (packages.length === 0) {
  fail(
    `there is no prebuilt binary for ${process.platform} on ${process.arch}`,
    "install it with cargo, from the sources",
  );
} else if (found === undefined) {
  fail(
    `${packages.join(" or ")} ${version} is not installed`,
    "it is an optional dependency: install again without --no-optional and --omit=optional, on the system that will run it",
  );
} else if (found.version !== version) {
  fail(
    `${found.package} is ${found.version}, but ${name} is ${version}`,
    "install again, so that both are of the same version",
  );
} else if (fs.statSync(found.path).size === 0) {
  // A shell would run it, and say that all is well.
  fail(`${found.path} is empty`, "install again");
} else {
  run(found.path);
}

/** The binary of a platform package, if npm installed it. */
function installed(candidate) {
  try {
    return {
      package: candidate,
      version: require(`${candidate}/package.json`).version,
      path: require.resolve(`${candidate}/${executable}`),
    };
  } catch {
    return undefined;
  }
}

function usesMusl() {
  try {
    return fs.readFileSync("/usr/bin/ldd", "latin1").includes("musl");
  } catch {
    // No such file: Node.js knows the version of the glibc that it runs with, if it is glibc.
    const report = process.report.getReport();
    return (typeof report === "string" ? JSON.parse(report) : report).header.glibcVersionRuntime === undefined;
  }
}

/** Becomes the binary where Node.js can (22.15 and later, not on Windows); otherwise waits for it as a child. */
function run(path) {
  const given = process.argv.slice(2);
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.execve(path, [path, ...given], process.env);
  }
  const child = spawn(path, given, { stdio: "inherit" });
  // Ctrl-C reaches the child through the terminal, and a second one would end it at once: so SIGINT is passed on only where
  // there is no terminal. In both cases this process stays until the child has ended.
  const atTerminal = [0, 1, 2].some((descriptor) => require("node:tty").isatty(descriptor));
  process.on("SIGINT", () => atTerminal || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => fail(`cannot run ${path}: ${error.message}`, "install again"));
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
    } else {
      // As shells say it.
      process.exitCode = 128 + os.constants.signals[signal];
    }
  });
}

function fail(what, hint) {
  process.stderr.write(`error: ${what}\nhint: ${hint}\n`);
  process.exitCode = 1;
}
