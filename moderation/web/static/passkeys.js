// Passkeys: what only a script can do. The forms beside it work without; these stay hidden where the browser knows none.
const knows = globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON && globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON;

async function challenge(address, form) {
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.faults?.[0]?.detail ?? told.detail);
  return told;
}

async function signIn(form) {
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(await challenge(form.dataset.challenge, form));
  return navigator.credentials.get({ publicKey: options });
}

async function make(form) {
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(await challenge(form.dataset.challenge, form));
  return navigator.credentials.create({ publicKey: options });
}

async function attempt(part, form, work, address) {
  const says = part.querySelector(".passkey-says");
  says.textContent = "";
  try {
    const credential = await work(form);
    form.elements.passkey.value = JSON.stringify(credential.toJSON());
    form.action = address;
    form.submit();
  } catch (error) {
    says.textContent = error instanceof DOMException ? "No passkey was used. You can try again." : error.message;
  }
}

if (knows) {
  for (const form of document.querySelectorAll("form.passkey")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(form, form, signIn, form.action);
    });
  }
  for (const button of document.querySelectorAll("[data-make]")) {
    const part = button.closest(".passkey");
    part.hidden = false;
    button.addEventListener("click", () => {
      if (button.form.elements.factors_current.reportValidity()) attempt(part, button.form, make, button.dataset.make);
    });
  }
}
