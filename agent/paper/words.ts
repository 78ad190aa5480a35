/** 256 short English words, no two of which are a letter apart: 8 bits of chance. */
export const words: readonly string[] = `
acorn actor album amber angle apple apron arrow badge baker bamboo banana banjo barrel basin basket beach beard
beaver berry bikini bingo bishop bison bonnet bottle branch bread brick bridge broom brush bubble bucket buffet
butter button cabin cactus camel camera candle canoe canyon carpet castle cello cement cereal chalk cheese
cherry chess circus citrus clock cloud clover coast cobra coffee comet copper coral cotton cousin coyote crane
crown cube cupid curry daisy dance desert diary dinner doctor domino dragon dream drum eagle earth echo elbow
elder engine fabric falcon family farmer fence fiddle flag flame flute forest fossil fruit galaxy garage garden
garlic ghost giant ginger globe goose grape guest guitar hammer harbor harp hazel helmet heron hockey honey horse
hotel igloo insect island ivory jacket jaguar jelly jigsaw jungle kayak kettle king kitten koala ladder lagoon
lamp lemon lilac lion lotus magnet mango maple marble market meadow melon mirror monkey moon motor mouse muffin
museum music napkin needle nickel night ocean olive onion opera orange orchid otter owl oyster paint palace
panda paper parrot peanut pencil pepper piano picnic pigeon pillow pilot pirate planet plum poem polar pony
potato prince puzzle quartz queen rabbit radio raven ribbon river robin rocket rose saddle sailor salad salmon
satin scarf school shadow shelf silver spider sponge spoon spring square squid stable statue stone storm street
sugar summer sunset sweet table teapot tennis ticket tiger timber tomato tower train treaty tulip tunnel turkey
turtle velvet violet violin walnut walrus water whale wheat window winter wizard yellow yogurt zebra
`
  .trim()
  .split(/\s+/)
