/**
 * Foreign hashes against vectors of independent implementations, made under Debian 12 by python3-bcrypt
 * 3.2, python3-argon2 21.1 (the reference C library), passlib 1.7.4, Django 3.2 and hashlib's scrypt
 * and pbkdf2_hmac; Firebase's are those of its own documentation and of Supabase's tests.
 */
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { foreignHashProblem, isForeignHash, verifyForeignHash } from '../../src/crypto/foreign-hash'
import { hashInFull } from '../support/hashes'

hashInFull()

/** Not ASCII on purpose: bytes, UTF-16 units and characters differ in number. */
const PASSWORD = 'pässwörd 🦊 Tr0ub4dor'

const VECTORS: [string, string][] = [
  ['bcrypt $2a$', '$2a$05$eIm2SHQ.3te1d45ZE7Y5CeIevH3xIA7s2.QhWWyvNERTSiF33civ2'],
  ['bcrypt $2b$', '$2b$06$6WAFtwTDt2EbTiSdrTe0ae39JNJgbsBzRFaqqJcbko1BfLp6FB746'],
  ['bcrypt $2y$', '$2y$05$5tFVe7y6muxuTmXz0pj5re9ar9jnMJtZdf10xQqc6cFv5U2tEio/a'],
  ['bcrypt of Django', 'bcrypt$$2b$05$hfGjaAHaC6cZNrc5dGpl9.jRmuo9gobENAct4Epow0bhMSP35aMq.'],
  [
    'bcrypt_sha256 of Django',
    'bcrypt_sha256$$2b$05$U6Fw9iAjF1Vy3osaHNYCXe5CutzqFGE5kQYNT6qGPddCQy8RuZBSi',
  ],
  [
    'argon2id',
    '$argon2id$v=19$m=1024,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA$/jm1d6mUC5MocACB0Jf1avYHhajx8Jdqoc2JT+CYtwk',
  ],
  [
    'argon2id of Django',
    'argon2$argon2id$v=19$m=512,t=2,p=8$c2FsdHNhbHRzYWx0$kK/GOM7EcgnbI8jKDelMNw',
  ],
  [
    'argon2id with the most memory allowed',
    '$argon2id$v=19$m=65536,t=3,p=4$c2l4dGVlbiBieXRlIHNsdA$NmgAYxllVMxQtC2UYRlqJDSxqpIgnun0EceTEQoc+00',
  ],
  [
    'scrypt',
    '$scrypt$ln=10,r=8,p=1$OGdsrRXCOEeodY7RWivFmA$sOLJRLTwC5e7et+HebzmQKhWk5uldGUzihBjN2rWkDk',
  ],
  [
    'scrypt of three lanes',
    '$scrypt$ln=8,r=4,p=3$D+GcMwagtDbm/H8vhRAixA$dsC9cW9YWHC3yQa6Ukzgm5xYXQ65gU2099ghv6kPS2I',
  ],
  [
    'scrypt of Django',
    'scrypt$1024$saltsalt$8$5$nLFu7p1K8TQ+RhFgYalzzb7S42kAZBHBvYw3FIPCyfJQjJq2b5CnqvfQFJLvsaouuFA6j3sQgt5t/qQi0CxVFw==',
  ],
  [
    'PBKDF2 as PHC',
    '$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHRzYWx0c2FsdA$J3jQdsDQ/8kkwYDv6AhI6BIBi9ioeSGqdYVEexb9Nrs',
  ],
  [
    'PBKDF2-SHA-512 as PHC without a length',
    '$pbkdf2-sha512$i=1000$c2FsdHNhbHRzYWx0c2FsdA$hOK0tZE41BGU/kYUI5hyIhpUir8TyKyf0li7G+pIT1g2g+oIdlpyrrKsYSo71WY9v3xiNihJvtHPWt6DMOwkTQ',
  ],
  ['PBKDF2-SHA-1 of passlib', '$pbkdf2$1000$kBJCCAEAAECoFWKsVepdCw$Bm5sLcSgZ1aySEjt1KUxBDMVRSU'],
  [
    'PBKDF2-SHA-256 of passlib',
    '$pbkdf2-sha256$1000$b82ZszaGEKJU6j3H.D8HYA$I.9pg2ZD9wzfa8MXcDLQEuNFssXgWRfJlabFllXdwSs',
  ],
  [
    'PBKDF2-SHA-512 of passlib',
    '$pbkdf2-sha512$1000$.J9TKgVgrNXaG6PUWovReg$/3LP0T84D71YuOTwebygbJoLC7qQlhk/VufaHRT9bluJAsE3iIGjbL3J1QcoCuaX7ExgvLDq3x/C5272kHOMkQ',
  ],
  ['PBKDF2 of Django', 'pbkdf2_sha256$36000$seasalt$gciivb/2B0BrKRSmVKqqUxffRDXymeKgY0YziNMlfNo='],
  ['PBKDF2-SHA-1 of Django', 'pbkdf2_sha1$1000$seasalt$JzJFavewOqvFBytD7Ms3Bx8sqIo='],
  [
    'PBKDF2 of the most iterations allowed',
    'pbkdf2_sha256$100000$seasalt$JunghIM4RsvZzSwDR4NGmXxxGNCkT2GosbyKfgbAVww=',
  ],
]

const FIREBASE_CONFIG =
  'v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='
const FIREBASE_HASH =
  '42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='
const FIREBASE = `$fbscrypt$${FIREBASE_CONFIG}$${FIREBASE_HASH}`
const SUPABASE =
  '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw=='

describe('verifying', () => {
  it.each(VECTORS)('%s takes the right password and no other', async (_name, hash) => {
    expect(foreignHashProblem(hash)).toBeNull()
    expect(await verifyForeignHash(hash, PASSWORD)).toBe(true)
    for (const other of [PASSWORD.slice(0, -1), `${PASSWORD}!`, PASSWORD.toLowerCase()]) {
      expect(await verifyForeignHash(hash, other), other).toBe(false)
    }
  })

  it('Firebase hashes verify with the project parameters beside them', async () => {
    expect(await verifyForeignHash(FIREBASE, 'user1password')).toBe(true)
    expect(await verifyForeignHash(FIREBASE, 'user2password')).toBe(false)
    expect(await verifyForeignHash(SUPABASE, 'mytestpassword')).toBe(true)
    expect(await verifyForeignHash(FIREBASE.replace('ss=Bw==,', ''), 'user1password')).toBe(false)
  })

  it('Firebase hashes verify in the URL-safe spelling of its Admin SDK', async () => {
    const urlSafe = FIREBASE_HASH.replaceAll('+', '-').replaceAll('/', '_')
    const hash = `$fbscrypt$${FIREBASE_CONFIG}$${urlSafe}`
    expect(await verifyForeignHash(hash, 'user1password')).toBe(true)
  })

  it('bcrypt sees the first 72 bytes, whatever follows', async () => {
    const hash = '$2b$05$BHivG2g6byQ6M3bn/eCQT.Ewxwd6asoaEMteM9umnZF9i4Qnt4zGq'
    const digits = '0123456789'.repeat(8)
    expect(await verifyForeignHash(hash, digits)).toBe(true)
    expect(await verifyForeignHash(hash, digits.slice(0, 72))).toBe(true)
    expect(await verifyForeignHash(hash, digits.slice(0, 71))).toBe(false)
  })

  it('the password is taken as typed, without normalising it', async () => {
    const hash = VECTORS[5]?.[1] ?? ''
    expect(await verifyForeignHash(hash, PASSWORD.normalize('NFD'))).toBe(false)
  })

  it('many at once share one argon2 instance and do not disturb each other', async () => {
    const hash = VECTORS[5]?.[1] ?? ''
    const guesses = Array.from({ length: 20 }, (_, n) => (n % 2 ? PASSWORD : `wrong ${n}`))
    const verdicts = await Promise.all(guesses.map((guess) => verifyForeignHash(hash, guess)))
    expect(verdicts).toEqual(guesses.map((guess) => guess === PASSWORD))
  })
})

const SALT = 'c2FsdHNhbHRzYWx0c2FsdA'
const DIGEST = 'A'.repeat(43)
const BCRYPT_TAIL = 'cUJyna5qOkeDAiHWqo9Ghud6SOOmmfA9ZKB053V4Cp4.J5JHrQBc2'

describe('refusing at the door', () => {
  it.each([
    `$2b$13$${BCRYPT_TAIL}`,
    `$2b$31$${BCRYPT_TAIL}`,
    `$argon2id$v=19$m=65537,t=1,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=65536,t=5,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=8,t=999999,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=4096,t=1,p=64$${SALT}$${DIGEST}`,
    'argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHRzYWx0$RACnzBMAOnhyhdjOujNqrA',
    `$scrypt$ln=17,r=8,p=1$${SALT}$${DIGEST}`,
    `$scrypt$ln=63,r=8,p=1$${SALT}$${DIGEST}`,
    `$scrypt$ln=14,r=8,p=9$${SALT}$${DIGEST}`,
    `scrypt$65536$salt$16$1$${DIGEST}`,
    FIREBASE.replace('n=14', 'n=20'),
  ])('%s costs too much, and is not computed', async (hash) => {
    expect(foreignHashProblem(hash)).toBe('hash_too_costly')
    await expectQuickNo(hash)
  })

  it.each([
    `$pbkdf2-sha256$i=100001,l=32$${SALT}$${DIGEST}`,
    `$pbkdf2-md5$1000$${SALT}$${DIGEST}`,
    'pbkdf2_sha256$260000$seasalt$webyQf9KG7+0RysSBxE8bztNAQ4hYs1rKtpu3huSr4s=',
    '$argon2i$v=19$m=1024,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA$TgDZ2EXeVd+0qoZEaD4hEX0YynALZO1tb/xuqreMDf8',
    `$argon2id$m=1024,t=1,p=1$${SALT}$${DIGEST}`,
    '$gatehouse-pbkdf2$r=6,i=100000,k=a$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$2x$05$cUJyna5qOkeDAiHWqo9Ghud6SOOmmfA9ZKB053V4Cp4.J5JHrQBc2',
    '$6$rounds=5000$saltstring$abc',
    'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    '',
  ])('%s is unsupported, and said to be so', async (hash) => {
    expect(foreignHashProblem(hash)).toBe('hash_unsupported')
    expect(isForeignHash(hash)).toBe(false)
    await expectQuickNo(hash)
  })

  it.each([
    '$2b$05$short',
    `$2b$03$${BCRYPT_TAIL}`,
    `$2b$05$${BCRYPT_TAIL}\n`,
    '$argon2id$v=19$',
    `$argon2id$v=19$m=1024,t=0,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=7,t=1,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=01024,t=1,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=1024,t=01,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=1024,t=1,p=01$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$${DIGEST}`,
    `$argon2id$v=19$m=1024,t=1,p=1$${SALT}$AAAA`,
    `$argon2id$v=19$m=1024,t=1,p=1,keyid=x$${SALT}$${DIGEST}`,
    `$scrypt$ln=0,r=8,p=1$${SALT}$${DIGEST}`,
    `$scrypt$ln=10,r=8,p=1$${SALT}$!`,
    `scrypt$1000$salt$8$1$${DIGEST}`,
    `scrypt$1024$salt$0$1$${DIGEST}`,
    FIREBASE.slice(0, -8),
    FIREBASE.replace(/sk=[^$]+/, 'sk=AAAA'),
    `$pbkdf2-sha256$i=0,l=32$${SALT}$${DIGEST}`,
    `$pbkdf2-sha256$i=1000,l=31$${SALT}$${DIGEST}`,
    `$pbkdf2-sha256$1000$${SALT}$AAAA`,
    'pbkdf2_sha256$x$salt$AAAA',
    `$pbkdf2-sha256$1000$${SALT}$${'A'.repeat(600)}`,
  ])('%s is malformed', async (hash) => {
    expect(foreignHashProblem(hash)).toBe('hash_malformed')
    await expectQuickNo(hash)
  })

  it('no derivation ever asks for more than 100,000 iterations', async () => {
    const derive = vi.spyOn(crypto.subtle, 'deriveBits')
    for (const iterations of [100_000, 100_001, 600_000, 999_999_999]) {
      await verifyForeignHash(`pbkdf2_sha256$${iterations}$salt$${DIGEST}=`, PASSWORD)
    }
    const asked = derive.mock.calls.map(([algorithm]) => Object(algorithm).iterations)
    derive.mockRestore()
    expect(asked).toEqual([100_000])
  })

  it('garbage, and hashes with a character changed, verify nothing, throw nothing and log nothing', async () => {
    const logged = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const cheap = VECTORS.filter(([name]) => !name.includes('the most')).map(([, hash]) => hash)
    const damaged = fc
      .tuple(fc.constantFrom(...cheap), fc.nat(), fc.constantFrom('', '$', '=', '9', '\0', 'é'))
      .map(
        ([hash, at, char]) =>
          hash.slice(0, at % hash.length) + char + hash.slice((at % hash.length) + 1),
      )
      .filter((hash) => !cheap.includes(hash))
    const prefix = fc.constantFrom(
      '',
      '$2b$05$',
      '$argon2id$v=19$',
      '$scrypt$',
      '$pbkdf2-sha256$',
      '$fbscrypt$',
    )
    const garbage = fc.tuple(prefix, fc.string({ maxLength: 80 })).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(damaged, garbage),
        fc.string({ maxLength: 20 }),
        async (hash, guess) => {
          const began = performance.now()
          expect(await verifyForeignHash(hash, guess)).toBe(false)
          expect(performance.now() - began).toBeLessThan(10_000)
        },
      ),
      { numRuns: 300 },
    )
    expect(logged.mock.calls).toEqual([])
    logged.mockRestore()
  })
})

async function expectQuickNo(hash: string): Promise<void> {
  const began = performance.now()
  expect(await verifyForeignHash(hash, PASSWORD)).toBe(false)
  expect(performance.now() - began).toBeLessThan(5000)
}
