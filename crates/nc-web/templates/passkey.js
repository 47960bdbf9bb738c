(() => {
  const form = document.getElementById('passkey');
  const button = form.querySelector('button');
  const failed = document.getElementById('failed');
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  if (!window.PublicKeyCredential) {
    document.getElementById('unable').hidden = false;
    return;
  }
  const options = JSON.parse(form.dataset.options);
  const isNew = 'user' in options;
  options.challenge = bytes(options.challenge);
  if (isNew) options.user.id = bytes(options.user.id);
  for (const known of options.excludeCredentials ?? []) known.id = bytes(known.id);
  button.disabled = false;
  if (!isNew) button.focus();
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    failed.hidden = true;
    try {
      const credential = await navigator.credentials[isNew ? 'create' : 'get']({ publicKey: options });
      const response = {};
      for (const part of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
        const value = credential.response[part];
        if (part in credential.response) response[part] = value && text(value);
      }
      const { id, type } = credential;
      form.elements.credential.value = JSON.stringify({ id, rawId: text(credential.rawId), type, response });
      form.submit();
    } catch {
      failed.hidden = false;
      button.disabled = false;
    }
  });
})();
