/** Texts to begin with. */

/** @typedef {{name: string, text: string}} Example */

/** @type {readonly Example[]} */
export const EXAMPLES = [
  {
    name: "The letter",
    text: "The letter came this morning, in a plain white envelope. Oh wow, I never expected that! We got the house, and I am so happy that I could sing! I only wish Grandma could see it; I miss her so much.",
  },
  {
    name: "A noise at night",
    text: "It was past midnight when the stairs creaked. Something is moving behind that door, and I am terrified. Please don't leave me alone in here, I am so scared! It is only the cat. I am so glad to see you, little one.",
  },
  {
    name: "Late again",
    text: "The train was late again. How dare you lie to me about it! I'm so sorry. I never wanted to hurt you, and I feel so sad about it. Let us talk about it tomorrow.",
  },
  {
    name: "Dinner",
    text: "Dinner is at eight. Ugh, the smell in that kitchen is disgusting, it makes me sick! Oh wow, I did not expect that: you cooked all of this for me? That is so sweet, thank you!",
  },
];

/** A button for each. @param {HTMLElement} group @param {(example: Example) => void} chosen */
export function offerExamples(group, chosen) {
  const buttons = EXAMPLES.map((example) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = example.name;
    button.addEventListener("click", () => chosen(example));
    return button;
  });
  group.append(...buttons);
}
