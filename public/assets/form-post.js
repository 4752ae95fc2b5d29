/* Posts the answer of a sign-in to the app. Without scripts the user presses the button. */

document.getElementById('answer')?.requestSubmit()
