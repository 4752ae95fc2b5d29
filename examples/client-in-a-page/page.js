// A page of an application on another origin than Gatehouse. Tokens are kept only in its memory: a
// reload asks the user to sign in again, and other scripts find no token in the browser's storage.
import { createGatehouse, isGatehouseFailure } from '/gatehouse-client.js'

const { gatehouseUrl } = await (await fetch('/config.json')).json()
const gatehouse = createGatehouse({ baseUrl: gatehouseUrl })
const part = (id) => document.getElementById(id)
let challengeToken

const WORDS = {
  unauthorised: 'You have been signed out.',
  unreachable: 'The service cannot be reached. Are you online?',
  timed_out: 'The service takes too long. Try again.',
}

/** Runs an action, and shows the user what went wrong. */
async function told(work) {
  part('message').textContent = ''
  try {
    await work()
  } catch (error) {
    if (!isGatehouseFailure(error)) throw error
    part('message').textContent = WORDS[error.outcome] ?? error.message
  }
}

const onClick = (id, work) => part(id).addEventListener('click', () => void told(work))
const onSubmit = (id, work) =>
  part(id).addEventListener('submit', (event) => {
    event.preventDefault()
    void told(() => work(Object.fromEntries(new FormData(event.target))))
  })

function show({ user }) {
  part('sign-in').hidden = user !== undefined
  part('signed-in').hidden = user === undefined
  part('second-factor').hidden = true
  part('name').textContent = user?.full_name ?? ''
  part('sessions').replaceChildren()
}

function take(result) {
  if (result.status === 'second_factor') {
    challengeToken = result.challengeToken
    part('second-factor').hidden = false
  }
  if (result.status === 'restricted') part('message').textContent = `First: ${result.reason}`
}

gatehouse.subscribe(show)

onSubmit('sign-in', async ({ email, password }) => {
  take(await gatehouse.signIn({ email, password, remember: true }))
})
onSubmit('second-factor', async ({ code }) => {
  take(await gatehouse.verifySecondFactor(challengeToken, { code }))
})
onClick('reload', async () => {
  const { items } = await gatehouse.get('/api/v1/users/sessions')
  const lines = items.map((session) => {
    const line = document.createElement('li')
    line.textContent = `${session.current ? 'This page' : 'Another'}, since ${session.created_at}`
    return line
  })
  part('sessions').replaceChildren(...lines)
})
onClick('sign-out', () => gatehouse.signOut())
