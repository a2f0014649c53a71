// List prices, for whoever sells without the pricing service.
export const listCents = { tea: 450, cup: 1_290, pot: 3_900, spoon: 320 };
