// Passkeys: asks the browser, and puts what it answers into the form.  Without a script the rest of the page works.
"use strict";
(() => {
  const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const fill = (form, values) => {
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    form.submit();
  };
  const onSubmit = (form, ask) => {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form).catch(() => form.querySelector("button").focus());
    });
  };
  if (!window.PublicKeyCredential) return;
  const known = document.getElementById("passkey");
  if (known)
    onSubmit(known, async (form) => {
      const { challenge, site } = form.dataset;
      const one = await navigator.credentials.get({
        publicKey: { challenge: octets(challenge), rpId: site, userVerification: "required", timeout: 120000 },
      });
      const said = one.response;
      fill(form, {
        credential: text(one.rawId), client: text(said.clientDataJSON), data: text(said.authenticatorData),
        signature: text(said.signature),
      });
    });
  const fresh = document.getElementById("new-passkey");
  if (fresh)
    onSubmit(fresh, async (form) => {
      const { challenge, site, user, name } = form.dataset;
      const one = await navigator.credentials.create({
        publicKey: {
          challenge: octets(challenge), rp: { id: site, name: site }, user: { id: octets(user), name, displayName: name },
          pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: "public-key", alg })), attestation: "none",
          authenticatorSelection: { residentKey: "required", userVerification: "required" }, timeout: 120000,
        },
      });
      fill(form, { client: text(one.response.clientDataJSON), attestation: text(one.response.attestationObject) });
    });
})();
