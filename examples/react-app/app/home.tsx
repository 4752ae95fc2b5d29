import { isSignInError, SignOutButton, useGatehouse, useUser } from '@gatehouse/react'
import { useState } from 'react'

/** What a user sees. */
export function Home() {
  const user = useUser()
  const { client, getAccessToken } = useGatehouse()
  const [renewals, setRenewals] = useState(0)
  const [message, setMessage] = useState('')

  const told = async (work: () => Promise<string>) => {
    try {
      setMessage(await work())
    } catch (error) {
      if (!isSignInError(error)) throw error
      setMessage(error.message)
    }
  }
  // An app does this when its API has refused a token. In all other cases getAccessToken() alone is enough.
  const renew = () =>
    told(async () => {
      const refused = await getAccessToken()
      const renewed = await getAccessToken({ refused })
      setRenewals((count) => count + 1)
      return renewed === refused ? 'The token is the same' : 'The token is another one'
    })
  const ask = () => told(async () => `You are ${(await client.fetchUser()).email}`)

  return (
    <>
      <p>
        Hello, <b>{user?.name}</b>
      </p>
      <button type="button" onClick={() => void renew()}>
        Renew the token
      </button>
      <button type="button" onClick={() => void ask()}>
        Who am I?
      </button>
      <SignOutButton />
      <p role="status">
        {message} {renewals > 0 && `(renewed ${renewals} times)`}
      </p>
    </>
  )
}
