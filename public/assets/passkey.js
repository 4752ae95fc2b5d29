/*
 * Passkeys on pages. Pages work without this script: then their passkey buttons stay hidden.
 *
 * A button asks for a passkey and posts its form (components/passkey-button.tsx renders all of this):
 *   <form method="post" action="...">
 *     <input type="hidden" name="passkey_challenge" disabled>
 *     <input type="hidden" name="passkey_credential" disabled>     both are posted with a passkey only
 *     <div data-passkey-instead>fields that are not posted with a passkey, such as the password</div>
 *     <button type="button" hidden
 *       data-passkey="sign-in | second-step | step-up | create"   create makes one, the others use one
 *       data-options="/path"      a POST answers {publicKey, challenge_token}; gets the form's `token`, if any
 *       data-cancelled="words" data-failed="words" data-exists="words">
 *     <p class="alert" role="alert" data-passkey-says hidden></p>
 *   </form>
 * data-action="/path" on the button: where the form is posted with a passkey, if not to its own action.
 * data-autofill on the button: passkeys are also offered in the field with autocomplete="username webauthn".
 * data-unseen="/path" on the button: a passkey is made without asking, where the browser does that.
 * data-passkey-signal='{"signalUnknownCredential": {...}}' tells the browser what became of passkeys.
 * data-passkey-id="..." is shown if this browser made or used that passkey on its own device.
 *
 * Options are fetched when they are needed, so only those of autofill can expire, and they are renewed.
 */
if (!window.PublicKeyCredential) {
  document.documentElement.classList.add('no-passkeys')
} else {
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')
  const toDescriptors = (list) => list?.map((each) => ({ ...each, id: toBytes(each.id) }))

  // The browsers' own conversions are newer than passkeys, and some password managers break them.
  const toOptions = ({ challenge, user, allowCredentials, excludeCredentials, ...more }) => ({
    ...more,
    challenge: toBytes(challenge),
    ...(user && { user: { ...user, id: toBytes(user.id) } }),
    allowCredentials: toDescriptors(allowCredentials),
    excludeCredentials: toDescriptors(excludeCredentials),
  })
  const BYTES = [
    'clientDataJSON',
    'attestationObject',
    'authenticatorData',
    'signature',
    'userHandle',
  ]
  const toJson = ({ id, type, authenticatorAttachment, response: given }) => {
    const response = { transports: given.getTransports?.() }
    for (const name of BYTES) if (given[name]) response[name] = toText(given[name])
    return JSON.stringify({ id, rawId: id, type, authenticatorAttachment, response })
  }

  let waiting = new AbortController()
  // What the page asks for by itself never takes the dialog from a button, however early it was pressed.
  let isPressed = false

  /** Asks for a passkey and posts the form. The latest request takes the browser's dialog. */
  const ask = async ({ dataset, form }, mediation, path = dataset.options) => {
    waiting.abort()
    const { signal } = (waiting = new AbortController())
    const { passkey_challenge: challenge, passkey_credential: field, token } = form.elements
    const body = token && new URLSearchParams({ token: token.value })
    const answer = await fetch(path, { method: 'POST', body, signal })
    if (!answer.ok) throw new Error(`options: ${answer.status}`)
    const { publicKey, challenge_token } = await answer.json()
    const way = dataset.passkey === 'create' ? 'create' : 'get'
    const asked = { publicKey: toOptions(publicKey), mediation, signal }
    if (mediation && way === 'get') {
      setTimeout(() => signal.aborted || void autofill(), publicKey.timeout * 0.8)
    }
    const credential = await navigator.credentials[way](asked)
    if (credential.authenticatorAttachment === 'platform') localStorage.passkey = credential.id
    send(form, dataset.action, [challenge, challenge_token], [field, toJson(credential)])
  }

  /** Posts the form with the passkey, and leaves it as it was: a form may be shown again. */
  const send = (form, path, ...fields) => {
    const { action } = form
    const others = [...form.querySelectorAll('[data-passkey-instead] :enabled')]
    if (path) form.action = path
    for (const input of others) input.disabled = true
    for (const [input, value] of fields) Object.assign(input, { value, disabled: false })
    form.requestSubmit()
    form.action = action
    for (const input of others) input.disabled = false
    for (const [input] of fields) input.disabled = true
  }

  const press = async (button) => {
    const says = button.form.querySelector('[data-passkey-says]')
    says.hidden = true
    isPressed = true
    try {
      await ask(button)
    } catch ({ name }) {
      if (name === 'AbortError') return
      const words = { NotAllowedError: 'cancelled', InvalidStateError: 'exists' }[name] ?? 'failed'
      isPressed = false
      says.textContent = button.dataset[words]
      says.hidden = false
      void autofill()
    }
  }

  const buttons = [...document.querySelectorAll('button[data-passkey]')]
  const silently = (button, path) => isPressed || ask(button, 'conditional', path).catch(() => {})
  const autofill = async () => {
    const button = buttons.find(({ dataset }) => 'autofill' in dataset)
    const can = button && (await PublicKeyCredential.isConditionalMediationAvailable?.())
    if (can) void silently(button)
  }

  for (const button of buttons) {
    button.hidden = false
    button.addEventListener('click', () => void press(button))
    const { unseen } = button.dataset
    void PublicKeyCredential.getClientCapabilities?.().then(({ conditionalCreate }) => {
      if (unseen && conditionalCreate) void silently(button, unseen)
    })
  }
  for (const { dataset } of document.querySelectorAll('[data-passkey-signal]')) {
    for (const [name, about] of Object.entries(JSON.parse(dataset.passkeySignal))) {
      PublicKeyCredential[name]?.(about).catch(() => {})
    }
  }
  for (const badge of document.querySelectorAll('[data-passkey-id]')) {
    badge.hidden &&= badge.dataset.passkeyId !== localStorage.passkey
  }
  // A page from the back-forward cache has lost its request.
  window.addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return
    isPressed = false
    void autofill()
  })
  void autofill()
}
