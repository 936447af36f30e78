/* The sign-in form: sends in the background, so that an attempt that cannot reach the server is repeated by itself. */
(function () {
  "use strict";
  const ATTEMPTS = 5;
  const form = document.querySelector("form.login-card");
  const notice = document.getElementById("login-notice");
  const words = notice.querySelector(".login-words");
  const password = document.getElementById("login-password");
  const show = document.getElementById("login-show");
  const button = form.querySelector("button[type=submit]");
  let timer = null;

  function say(text, field) {
    words.textContent = text;
    notice.classList.toggle("login-quiet", !text);
    for (const name of ["email", "password"]) {
      const input = form.elements[name];
      if (name === field) { input.setAttribute("aria-invalid", "true"); input.focus(); }
      else input.removeAttribute("aria-invalid");
    }
  }

  function busy(now) {
    button.toggleAttribute("aria-busy", now);
    button.disabled = now;
  }

  function countDown(seconds, text, then) {
    clearInterval(timer);
    let left = seconds;
    say(text(left));
    timer = setInterval(function () {
      left -= 1;
      if (left > 0) { say(text(left)); return; }
      clearInterval(timer);
      then();
    }, 1000);
  }

  function tryAgain(sentence, attempt) {
    if (attempt >= ATTEMPTS) { busy(false); say(notice.dataset.givenUp); return; }
    const rest = notice.dataset.again.replace("{n}", attempt + 1).replace("{max}", ATTEMPTS);
    countDown(5, (s) => sentence + " " + rest.replace("{s}", s), () => send(attempt + 1));
  }

  function refuse(status, answer, attempt) {
    if (status === 503) { tryAgain(answer.error, attempt); return; }
    busy(false);
    if (status !== 429) { say(answer.error, answer.field); return; }
    const now = String(answer.retry_s);
    countDown(answer.retry_s, (s) => answer.error.replace(now, s), () => say(""));
  }

  function send(attempt) {
    busy(true);
    const body = new URLSearchParams(new FormData(form));
    const options = { method: "POST", body: body, headers: { Accept: "application/json" }, redirect: "error" };
    fetch(form.action, options)
      .then((response) => response.json().then((answer) => [response, answer]))
      .then(function ([response, answer]) {
        if (response.ok) window.location.assign(answer.next);
        else refuse(response.status, answer, attempt);
      })
      .catch(() => tryAgain(notice.dataset.unreached, attempt));
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    clearInterval(timer);
    send(1);
  });

  show.hidden = false;
  show.addEventListener("click", function () {
    const shown = password.type === "text";
    password.type = shown ? "password" : "text";
    show.setAttribute("aria-pressed", String(!shown));
    show.firstElementChild.className = "sb-icon " + (shown ? "sb-icon-eye" : "sb-icon-eye-slash");
  });
})();
